# SPDX-License-Identifier: BSD-2-Clause
#
# In the boxed dom0: how a guest test is run as a domU, in the mode that $mode names (pv, pvh, hvm).
# PV and PVH guests are lodge's; HVM guests want a device model, so xl makes them, and they boot from
# a CD that stands in /root/cd/CASE.iso. (Their disks xvda to xvdd are emulated as well until the guest
# unplugs them, and no read-only ones among them: those are xvde and on.) Sourced by devices.dom0 and cases.dom0.

# wait_until TRIES COMMAND…: a tenth of a second apart. False: it never succeeded.
wait_until() {
    tries=$1
    shift
    until "$@" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || return 1
        sleep 0.1
    done
}

# domain_config CASE IMAGE MEGABYTES 'WORDS' CONFIGURATION-LINE…
# The disks of a configuration go into one list with the CD. Firmware wants 32 MiB.
domain_config() {
    config=/root/$1.cfg
    {
        printf 'name = "%s"\ntype = "%s"\nmemory = %s\n' "$1" "$mode" \
            "$([ "$mode" != hvm ] || [ "$3" -ge 32 ] && echo "$3" || echo 32)"
        printf 'on_poweroff = "destroy"\non_reboot = "destroy"\non_crash = "destroy"\n'
        if [ "$mode" = hvm ]; then
            printf '%s\n' 'boot = "d"' 'vga = "none"' 'serial = "none"' 'usb = 0' \
                'device_model_args = ["-display", "none"]' \
                "disk = [\"/root/cd/$1.iso,raw,hdc,cdrom\"]"
        else
            printf "kernel = \"/root/%s\"\nextra = '%s'\n" "$2" "$4"
        fi
        shift 4
        for line; do
            if [ "$mode" = hvm ]; then domain_hvm_line "$line"; else printf '%s\n' "$line"; fi
        done
    } >"$config"
}

# A line of devices as xl is to have it: disks behind the CD, and a hotplug script of ours.
domain_hvm_line() {
    printf '%s\n' "$1" | sed -e 's/^disk = /disk += /' -e 's|bridge=|script=/root/hotplug.sh,&|g' \
        -e 's|"[a-z]*:\([^,]*\),\([^,]*\),\(.\)"|"vdev=\2,access=\3,script=/root/hotplug.sh,target=\1"|g'
}

# A device model's network cards, which the guest unplugs, hang on a tap.
[ "$mode" != hvm ] || modprobe tun

domain_create() { # [OPTION…] FILE
    if [ "$mode" = hvm ]; then xl create -q "$@"; else lodge create -q "$@"; fi
}

# xenconsoled takes a guest's last words out of the ring, which is what the guest waits for, before it
# writes them to the log, and it closes the log when the domain has gone: only then are they all there.
console_open() { # LOG
    # busybox has a readlink of one argument.
    for descriptor in /proc/"$(pidof xenconsoled)"/fd/*; do
        [ "$(readlink "$descriptor")" != "$1" ] || return 0
    done
    return 1
}

console_closed() { # LOG
    tries=200
    while [ "$tries" -gt 0 ] && console_open "$1"; do
        tries=$((tries - 1))
        sleep 0.05
    done
}

# Of a guest that was not even able to say why it ended, Xen shows the registers; of the last such.
domain_fault() {
    xl dmesg | awk '/Triple fault/ { n = 0; on = 1 } on { line[n++] = $0 }
        END { for (i = 0; i < n && i < 40; i++) print line[i] }'
}

# domain_run CASE …, as above: runs the guest to its end. What its console said comes out, then "ended
# with CODE after S s", by lodge's exit codes.
domain_run() {
    case=$1
    domain_config "$@"
    begin=$(cut -d. -f1 /proc/uptime)
    if [ "$mode" = hvm ]; then
        console=/var/log/xen/console/guest-$case.log
        rm -f "$console"
        domain_create -p "$config"
        timeout "${domain_patience:-240}" lodge wait -q "$case" &
        xl unpause "$case"
        wait $!
        code=$?
        console_closed "$console"
    else
        console=/run/console.$case
        timeout "${domain_patience:-240}" lodge create -c "$config" </dev/null >"$console" 2>&1
        code=$?
    fi
    tr -d '\r' <"$console"
    [ "$code" = 0 ] || domain_fault
    echo "ended with $code after $(($(cut -d. -f1 /proc/uptime) - begin)) s"
}

# QEMU 7.2 leaves a guest twice, now and then on a machine that is overloaded, and saves Xen's registers in the
# guest's place; and it delivers interrupts twice, which firmware does not bear (docs/decisions.md, 39). A
# case that ended so is run once more.
emulator_failed() { # NAME LOG
    if grep -q '^ *(XEN) RIP: *e008:' "$2"; then
        why="QEMU saved Xen's registers in the guest's place"
    elif [ "$mode" = hvm ] && grep -q '^ *ended with' "$2" && ! grep -q 'lodger' "$2"; then
        why='its firmware got stuck before the guest began'
    else
        return 1
    fi
    echo "    $mode-$1: $why; once more"
}

# The next case must not meet the devices of this one, which may hang.
domain_gone() {
    tries=100
    while xl domid "$1" >/dev/null 2>&1; do
        tries=$((tries - 1))
        [ "$tries" -gt 0 ] || xl destroy "$1"
        sleep 0.1
    done
}
