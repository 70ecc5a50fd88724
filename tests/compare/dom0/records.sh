# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The records that dom0 adds to those of the program; tests/compare/reporting/records.py reads
# them. Sourced by compare.dom0.

# record FILE KIND NAME REASON: KIND is absent or failed.
record() {
    printf '{"record":"%s","name":"%s","reason":"%s"}\n' "$2" "$3" \
        "$(printf %s "$4" | tr '"\\\t\n' "'/  ")" >>"$1"
}

# figure FILE NAME UNIT VALUE: one sample.
figure() {
    printf '{"record":"figure","name":"%s","unit":"%s","samples":1,"batch":1,' "$2" "$3" >>"$1"
    printf '"min":%s,"median":%s,"p99":%s,"max":%s}\n' "$4" "$4" "$4" "$4" >>"$1"
}

# What the program said on a console, but for the records that the pass does not want.
said() { # CONSOLE UNWANTED
    tr -d '\r' <"$1" | sed -n 's/^.*bench: {/{/p' | grep -Ev "\"record\":\"($2)\""
}

# What a system cannot have, whatever the program says.
reasons() { # SYSTEM FILE
    case $1 in
    lodger-*)
        record "$2" absent boot.user-space "Lodger has one address space: main is the first that is not the kernel's" ;;
    linux-process)
        record "$2" absent 'domain.*' "a process is no domain"
        record "$2" absent 'store.*' "a process is no domain"
        record "$2" absent 'boot.*' "a process has no such stage"
        record "$2" absent '*.entries' "a process does not enter Xen by itself, and dom0 is not traced"
        record "$2" absent '*.hypercalls' "a process makes no hypercalls" ;;
    linux-*)
        record "$2" absent 'boot.*' "Linux does not tell this stage"
        record "$2" absent '*.entries' "a program under Linux cannot mark its operations in Xen's trace"
        record "$2" absent '*.hypercalls' "a program under Linux cannot mark its operations in Xen's trace" ;;
    esac
}
