# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The program as a plain process of dom0, behind a virtual cable of its own to the bridge
# that the vifs join: isolation without virtualisation. Sourced by compare.dom0.

cable_begin() {
    ip netns add compare && ip link add bench0 type veth peer name bench1 &&
        ip link set bench0 master $bridge up && ip link set bench1 netns compare &&
        ip -n compare link set lo up && ip -n compare addr add $address dev bench1 &&
        ip -n compare link set bench1 up
}

cable_end() {
    ip netns del compare
}

run_process() {
    path=$out/consoles/$system-$pass-$(basename "$file" .jsonl)
    cable_begin || fail "there is no network namespace or no veth"
    # shellcheck disable=SC2046 # arguments are words
    ip netns exec compare observe begin bench-linux $(linux_arguments "$pass" process "$disk") \
        >"$path" 2>&1 || fail "the process did not end well: $(tail -n 3 "$path")"
    case $pass in
    boot)
        grep '"begin"' "$path" >>"$file"
        said "$path" absent >>"$file" ;;
    figures) said "$path" stage >>"$file" ;;
    esac
    cable_end
}
