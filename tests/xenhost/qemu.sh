# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The machine under Xen: which accelerator, and QEMU's command line. Sourced by
# xenhost.

# qemu_machine ACCEL PROCESSORS: processors and clock.
#
# TCG's SMAP makes a PV dom0 die in Xen's create_bounce_frame, so it is off.
# Under instruction counting one processor runs at one nanosecond an
# instruction from a fixed date and seed: figures repeat. Each byte of a `rep
# movsb` counts as one there, so without ERMS, for which Linux and Xen would copy
# so: memory would seem eight times as slow to who trusts the processor with it.
qemu_machine() {
    case $1 in
    kvm) echo -machine q35,accel=kvm -cpu host -smp "$2" ;;
    tcg) echo -machine q35 -accel tcg,thread=multi -cpu max,-smap -smp "$2" ;;
    icount) echo -machine q35 -accel tcg,thread=single -cpu max,-smap,-erms -smp 1 \
        -icount shift=0,sleep=off -seed 1 -rtc base=2026-01-01,clock=vm ;;
    esac
}

# What is always the same: no devices but those asked for, end at a reboot.
qemu_common=(-nodefaults -no-user-config -display none -no-reboot)

# Xen's command line. Lazily switched FPU state of PV domains was seen
# corrupted under TCG; scrubbing fresh memory only costs time.
xen_options="console=com1 com1=115200,8n1 loglvl=all guest_loglvl=all"
xen_options+=" spec-ctrl=eager-fpu bootscrub=0"

# The first port of the loopback at or after $1 that nobody listens on.
port_free() {
    local port=$1
    while (exec 7<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}

# qemu_start ARGUMENT…: starts QEMU in the background, sets qemu to its pid.
# The kernel ends it when this script dies, however that happens. Its standard
# input is our descriptor 4: the shell's terminal, or nothing.
qemu_start() {
    setpriv --pdeathsig TERM qemu-system-x86_64 "${qemu_common[@]}" "$@" \
        <&4 2>"$tmp/qemu.log" &
    qemu=$!
}

qemu_alive() {
    kill -0 "$qemu" 2>/dev/null
}

qemu_stop() {
    [ "${qemu-}" ] || return 0
    kill "$qemu" 2>/dev/null || true
    wait "$qemu" 2>/dev/null || true
    qemu=
}
