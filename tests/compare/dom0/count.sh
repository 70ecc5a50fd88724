# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The passes that count. Times are not taken in them: counting takes some. Sourced
# by compare.dom0.

# xenstored, the one in C, writes each request to a file when it is told to.
store_trace() { # FILE
    xenstore-control logfile "$1" >/dev/null && xenstore-control log on >/dev/null
}

# The requests since: "IN ADDRESS DATE TIME KIND (…)", but for those that ask for the trace.
store_requests() { # FILE
    xenstore-control log off >/dev/null
    grep -E '(^|: )IN 0x' "$1" | grep -vc ' CONTROL '
}

store_absent() {
    record "$file" absent 'store.*' "xenstored does not trace its requests here (xenstore-control log)"
}

# From nothing to the paused domain, in a pass whose domain is created under the trace.
counted_create() {
    local trace=$out/consoles/store-create
    rm -f "$trace"
    store_trace "$trace" || { store_absent; domain_create; return; }
    domain_create || { store_requests "$trace" >/dev/null; return 1; }
    figure "$file" store.create count "$(store_requests "$trace")"
}

# From there to the end. The domain's end is not waited for by way of xenstored.
pass_counted() {
    local trace=$out/consoles/store-boot
    rm -f "$trace"
    store_trace "$trace" || trace=
    exits -d "$domid" -o "$path.exits" observe run "$domid" $patience >"$path.error" 2>&1 ||
        fail "the domain did not end well: $(tail -n 3 "$path.error")"
    [ -z "$trace" ] || figure "$file" store.boot count "$(store_requests "$trace")"
    # Without a mark, all of its life is before the first.
    sed -n 's/^{\(.*"piece":"boot"\)/{"record":"exits",\1/p' "$path.exits" >>"$file"
}

# The marks tell which piece is which figure's.
pass_marks() {
    domain_run_with_echo exits -d "$domid" -o "$path.exits"
    said "$path" 'start|stage|figure|absent|end' >>"$file"
    sed -n 's/^{\(.*"piece":[0-9]\)/{"record":"exits",\1/p' "$path.exits" >>"$file"
}
