# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# One domain from its creation to its end. Sourced by compare.dom0.
#
# All functions work on the domain at hand: system, pass, file (its records), domain (its name),
# domid, and path, the beginning of the names of its own files.

# The processes of dom0 that have a command line, which threads of the kernel have not.
processes() {
    local process
    for process in /proc/[0-9]*; do
        IFS= read -r -d '' <"$process/cmdline" && echo "${process#/proc/}"
    done 2>/dev/null
}

# What is theirs alone, in bytes.
private_memory() { # PID…
    local process
    for process; do
        cat "/proc/$process/smaps_rollup" 2>/dev/null
    done | awk '/^Private_/ { kib += $2 } END { printf "%d\n", kib * 1024 }'
}

# What runs in dom0 for this domain and did not run before it: the toolstack's monitor, a
# device model.
helpers() {
    processes | grep -vxF -f "$path.processes"
}

fail() { # REASON
    record "$file" failed "$pass" "$pass pass: $1"
}

# Creates the domain, paused; its stages go to a file.
domain_create() {
    domain=$system-$pass
    path=$out/consoles/$domain-$(basename "$file" .jsonl)
    configure "$domain" "$system" "$pass" >"$path.cfg"
    processes >"$path.processes"
    free=$(observe free)
    # shellcheck disable=SC2046 # a command and its words
    if ! observe create $(toolstack "$system") "$path.cfg" >"$path.stages" 2>"$path.error"; then
        fail "the domain could not be created: $(tail -n 3 "$path.error")"
        return 1
    fi
    domid=$(xl domid "$domain")
}

domain_destroy() {
    xl destroy "$domid"
    rm -f "$path.processes"
}

# The console is read from before the first instruction on; nothing is typed (descriptor 3), but
# an input that had ended would end the reading.
console_follow() {
    lodge console "$domain" <&3 >"$path" 2>&1 &
    console_pid=$!
}

# The program's last record may still be on its way when the domain has ended.
console_end() {
    local tries=0
    until grep -q '"record":"end"' "$path"; do
        [ $((tries += 1)) -lt 50 ] || { fail "the program did not tell its end"; break; }
        sleep 0.1
    done
    kill "$console_pid" 2>/dev/null
    wait "$console_pid" 2>/dev/null
}

# Lets the domain run to its end. Words before: a command that runs the rest.
domain_run() { # [COMMAND…]
    observe unpause "$domid" >>"$path.stages"
    "$@" lodge wait --timeout $patience "$domain" >"$path.error" 2>&1 ||
        fail "the domain did not end well: $(tail -n 3 "$path.error")"
}

# Another domain, which binds a port for this one and says which; this one learns it before
# its first instruction.
echo_begin() {
    local mode=${system#lodger-} port='' tries=0
    # lodge makes no HVM domains, and to event channels PVH is the same.
    [ "$mode" != hvm ] || mode=pvh
    configure_echo "echo-$domid" "$mode" "$domid" >"$path.echo.cfg"
    lodge create --quiet "$path.echo.cfg" 2>>"$path.error" || return
    echo_domid=$(xl domid "echo-$domid")
    until port=$(xenstore-read "/local/domain/$echo_domid/data/bench/port" 2>/dev/null); do
        [ $((tries += 1)) -lt 100 ] || return
        sleep 0.05
    done
    xenstore-write "/local/domain/$domid/data/bench/echo" "$echo_domid $port"
}

echo_end() {
    [ -z "$echo_domid" ] || xl destroy "$echo_domid"
    echo_domid=
}

# With the echo around the domain's run, if it can use one.
# shellcheck disable=SC2120 # pass_marks has a command for it
domain_run_with_echo() { # [COMMAND…]
    case $system in
    lodger-*) echo_begin || fail "the domain that answers events did not come up" ;;
    esac
    console_follow
    domain_run "$@"
    console_end
    echo_end
}

pass_boot() {
    local private
    # shellcheck disable=SC2046 # each a word
    private=$(private_memory $(helpers))
    console_follow
    domain_run
    console_end
    cat "$path.stages" >>"$file"
    said "$path" absent >>"$file"
    observe domain "$domid" "$free" >>"$file"
    figure "$file" domain.dom0-memory B "$private"
}

pass_figures() {
    domain_run_with_echo
    said "$path" stage >>"$file"
}
