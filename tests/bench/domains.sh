# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The domains of a measurement beside Linux, in the boxed dom0: one of a system at a time, alike but for
# the system, on one bridge, with apps/bench in it, its peer in dom0, and a meter of Xen's accounting
# for each pass. Sourced by net.dom0 and blk.dom0, which set
#
#   figures=net.rtt,…       what apps/bench is to measure
#   passes=(timed counted)  timed: SAMPLES of each figure; counted: each once more while Xen's trace
#                           is counted
#   symbols=                "symbols," for a profiler, which needs to know what lies where
#   samples, words          words: for Lodger's command line alone
#   devices                 lines for the configuration, beside its vif
#   disks                   words for the command line of Linux: see guest-init
#   lodger_program, linux_program
#                           the program's arguments, beside those of a pass
#   before_domain()         called before each is created
#
# Records go to /out/SYSTEM.jsonl, counts of the trace to /out/counts/SYSTEM.
# shellcheck disable=SC2154,SC2034
bridge=bench0
address=198.18.0.2
peer=198.18.0.1
patience=600
PATH=/bench:$PATH
console=/var/log/xen/console
figures='' passes=(timed) symbols='' devices='' disks=''
lodger_program="--net $peer:7000"
linux_program=$lodger_program
before_domain() { :; }

# domain SYSTEM: its configuration, on standard output.
domain() {
    cat <<END
name = "$1"
type = "${1#*-}"
memory = 256
vcpus = 1
# Xen would emulate the processor's counter for a guest that may migrate.
tsc_mode = "native"
on_poweroff = "preserve"
on_crash = "preserve"
vif = ["bridge=$bridge"]
END
}

# Rows that every measurement has; false of any other.
row_take() { # ROW
    case $1 in
    count) passes+=(counted) ;;
    # For a profiler.
    symbols) symbols=symbols,; cat /proc/kallsyms >/out/kallsyms; cat /proc/xen/xensyms >/out/xensyms ;;
    *) return 1 ;;
    esac
}

bridge_up() {
    ip link add $bridge type bridge forward_delay 0 mcast_snooping 0 &&
        ip addr add $peer/24 dev $bridge && ip link set $bridge up || return
    bench-linux --peer 7000 >/out/peer 2>&1 &
}

# Runs one domain of the configuration $1.cfg to its end, with a meter for it.
run() { # SYSTEM PASS…
    local system=$1 pass domid meters=()
    shift
    rm -f "$console/guest-$system.log"
    before_domain
    case $system in
    lodger-*) lodge create --quiet --paused "$system.cfg" ;;
    *) xl create -q -p "$system.cfg" ;;
    esac || return
    domid=$(xl domid "$system")
    for pass; do
        case $pass in
        timed) meter serve "$domid" 7001 & ;;
        counted) mkdir -p "/out/counts/$system"
            meter serve "$domid" 7002 "/out/counts/$system" & ;;
        esac
        meters+=($!)
    done
    [ -z "$symbols" ] || meter pages "/out/pages"
    xl unpause "$domid"
    lodge wait --timeout $patience "$system" || echo "$system did not end well" >&2
    kill "${meters[@]}" 2>/dev/null
    wait "${meters[@]}" 2>/dev/null
    # xenconsoled may have the last words still before it.
    sleep 0.2
    xl destroy "$system"
    tr -d '\r' <"$console/guest-$system.log" | sed -n 's/^.*bench: {/{/p' >>"/out/$system.jsonl"
}

run_lodger() { # SYSTEM
    local pass
    local -A arguments=([timed]="--meter 7001 --samples $samples" [counted]="--meter 7002 --samples 1")
    for pass in "${passes[@]}"; do
        {
            domain "$1"
            echo "$devices"
            echo 'kernel = "/bench/bench"'
            echo "extra = \"lodger.ip=$address/24 $words $lodger_program --only $figures ${arguments[$pass]}\""
        } >"$1.cfg"
        run "$1" "$pass"
    done
}

run_linux() { # SYSTEM
    {
        domain "$1"
        echo "$devices"
        echo 'kernel = "/boot/vmlinux"'
        echo 'ramdisk = "/bench/linux.cpio"'
        echo "extra = \"console=hvc0 quiet address=$address/24 run=$(IFS=,; echo "$symbols${passes[*]}") samples=$samples" \
            "$disks -- $linux_program --only $figures\""
    } >"$1.cfg"
    run "$1" "${passes[@]}"
}
