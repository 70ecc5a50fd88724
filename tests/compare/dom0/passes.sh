# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The passes that one run of a system consists of, each with a domain of its own,
# and what the program is told in them. Sourced in dom0, and by the host side,
# which puts the same words on the CDs of HVM domains.
#
#   boot      the program measures nothing: stages of the start, memory, time used
#   figures   it measures everything it can
#   counted   like boot, while xenstored's requests and Xen's exits are counted, which takes time
#   marks     exits of each figure's operation are counted (Lodger only, which can mark them)

bridge=compare0
address=198.18.0.2/24
peer=198.18.0.1
port=7000

passes=(boot figures counted marks)
declare -A arguments=(
    [boot]="--only none"
    [figures]="--net $peer:$port"
    [counted]="--only none"
    [marks]="--net $peer:$port --mark"
)

lodger_arguments() { # PASS
    echo "lodger.ip=$address lodger.root=none ${arguments[$1]} --disk xvda"
}

linux_arguments() { # PASS MODE DISK
    echo "--mode $2 ${arguments[$1]} --disk $3"
}
