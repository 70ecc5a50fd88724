# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The guest tests that need Xen and nothing else, for each runner that sources this: tests/guest/run
# boots them in dom0's place, tests/guest/cases.dom0 as domUs, in every mode. The runner has set
#
#	mode		pv, pvh or hvm
#	crashed		a pattern for the line by which it can tell that the guest crashed
#	longest		how long a word of the command line may be that the guest is given
#	plenty		not empty if the host has room for a guest of 4 GiB
#
# and defines
#
#	run NAME IMAGE MEGABYTES 'WORDS' [PATTERN…]
#		boots the image with these words, and checks what its console says

# check NAME LOG [PATTERN…]: prints the result's line. The log must have a line for each pattern; with
# none, the image's own verdict.
check() {
    local name=$mode-$1 log=$2 pattern
    shift 2
    [ $# != 0 ] || set -- '^lodger-test: (SUCCESS|SKIP) '
    for pattern; do
        if ! grep -Eq -- "$pattern" "$log"; then
            printf 'FAIL %s: no line like "%s" in %s, whose last is "%s"\n' "$name" "$pattern" "$log" \
                "$(grep -a . "$log" | tail -n 1)"
            grep -a 'lodger-test:\|lodger: panic' "$log" | sed 's/^/    /'
            return 1
        fi
    done
    if skip=$(grep -a 'lodger-test: SKIP' "$log"); then
        printf 'SKIP %s: %s\n' "$name" "${skip##*: }"
    else
        printf 'ok %s\n' "$name"
    fi
}

skip() { # NAME WHY
    printf 'SKIP %s-%s: %s\n' "$mode" "$1" "$2"
}

# crash FAULT PATTERN…
crash() {
    local fault=$1
    shift
    run "crash-$fault" crash 16 "$fault" "$@" "$crashed"
}

cases() {
    local many
    memory_little_"$mode"
    run memory-64 memory 64 ''
    if [ "$plenty" ]; then
        run memory-4096 memory 4096 ''
    else
        skip memory-4096 'this machine has too little memory free'
    fi
    run time time 64 ''
    run events events 64 ''
    run grants grants 64 ''
    run console console 64 ''
    run posix posix 16 'lodger.env.COLOUR=blue "two words"'
    run sockets sockets 16 ''
    run strangers strangers 16 ''

    many=$(printf 'w%d ' {1..100})
    run arguments arguments 64 \
        'one lodger.test=a lodger.env.PATH=/bin lodger.env.=x "two words" a"b c"d lodger.test="last one" lodger.env.bad lodger.log=nonsense -- lodger.test=kept "open' \
        '^argv\[0\]=<arguments>$' '^argv\[1\]=<one>$' '^argv\[2\]=<two words>$' '^argv\[3\]=<ab cd>$' \
        '^argv\[4\]=<lodger.test=kept>$' '^argv\[5\]=<open>$' '^environ\[0\]=<PATH=/bin>$' \
        '^option test=<last one>$' 'lodger: warning: lodger.log=nonsense' '^lodger-test: SUCCESS'
    run arguments-many arguments 64 "$many" \
        '^argv\[64\]=<w64>$' 'lodger: warning: command line: 36 words too many' '^lodger-test: SUCCESS'
    run arguments-long arguments 64 "$(printf 'x%.0s' $(seq "$longest"))" \
        '^argv\[1\]=<x{200}' '^lodger-test: SUCCESS'

    crash null_read '^lodger: panic: page fault: read at 0x8: .*NULL' ' null_read\+0x' ' boot\+0x' '^rip '
    crash null_call '^lodger: panic: page fault: execute at 0x0: .*NULL'
    crash text_write '^lodger: panic: page fault: write at 0x100000: not allowed \(text\)'
    crash rodata_write '^lodger: panic: page fault: write at .*\(read-only data\)'
    crash data_execute '^lodger: panic: page fault: execute at .*: not allowed'
    crash heap_execute '^lodger: panic: page fault: execute at .*: not allowed'
    crash low_execute '^lodger: panic: page fault: execute at 0x20000: not allowed'
    crash guard_main '^lodger: panic: page fault: write .*guard page of the stack of thread main'
    crash guard_thread '^lodger: panic: page fault: .*guard page of the stack of thread victim' \
        ' guard_touch\+0x'
    overflow_"$mode"
    crash smash '^lodger: panic: .*stack protector' ' smash\+0x'
    crash double_free '^lodger: panic: 0x.* was freed already' ' heap_free.*\+0x'
    crash invalid_opcode '^lodger: panic: invalid opcode'
    crash breakpoint '^lodger: panic: breakpoint'
    crash divide '^lodger: panic: divide error'
    crash assertion '^lodger: panic: tests/guest/crash/main.c:.*not so'
    privileged_"$mode"
    triple_fault_"$mode"
    mirror_"$mode"
    crash misuse '^lodger: panic: the main thread must not end'
}

memory_little_pv() {
    run memory-4 memory 4 ''
    run memory-16 memory 16 ''
}

memory_little_pvh() {
    run memory-2 memory 2 ''
    memory_little_pv
}

memory_little_hvm() {
    skip memory-4 'the firmware wants 32 MiB'
    run memory-32 memory 32 ''
}

# Xen cannot push the exception's frame on the stack that has overflowed, and says so itself.
overflow_pv() {
    crash overflow 'domain_crash_sync called from entry.S' 'RIP:'
}

# Exceptions have a stack of their own there.
overflow_pvh() {
    crash overflow '^lodger: panic: page fault: .*guard page of the stack of thread main' ' recurse\+0x'
}

overflow_hvm() {
    overflow_pvh
}

privileged_pv() {
    crash privileged '^lodger: panic: general protection fault'
}

privileged_pvh() {
    skip crash-privileged 'a kernel in ring 0 may load cr3, and hlt without interrupts is its end'
}

privileged_hvm() {
    privileged_pvh
}

# The second way to all memory (unikernel/arch/x86/hvm/memory.c) is Xen's, for reading.
mirror_pv() {
    : # Xen reads where we do
}

mirror_pvh() {
    crash mirror_write '^lodger: panic: page fault: write at 0x8000100000: not allowed'
    crash mirror_execute '^lodger: panic: page fault: execute at 0x8000100000: not allowed'
}

mirror_hvm() {
    mirror_pvh
}

# lodge has Xen take it for a crash; xl, which makes the HVM guests, for a reboot.
triple_fault_pvh() {
    crash triple_fault 'Triple fault - invoking HVM shutdown action 3'
}

triple_fault_pv() {
    : # there Xen has the table of exceptions
}

triple_fault_hvm() {
    :
}
