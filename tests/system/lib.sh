# SPDX-License-Identifier: BSD-2-Clause
#
# For the tests that run in the boxed dom0: verdicts, and what must be as it was.
# Sourced by each of them; lodge, tiny and this file lie in /root. TYPE is the type
# of the domains of this run (pv if nothing is said).

cd /root || exit 1
PATH=$PATH:/root
failures=0
: "${TYPE:=pv}"
test=$test-$TYPE

ok() {
    echo "ok $test-$1"
}

fail() { # NAME REASON
    echo "FAIL $test-$1: $2"
    failures=$((failures + 1))
}

skip() { # NAME REASON
    echo "SKIP $test-$1: $2"
}

# verdict NAME CONDITION…: the condition is a command.
verdict() {
    verdict_name=$1
    shift
    if "$@"; then ok "$verdict_name"; else fail "$verdict_name" "not true: $*"; fi
}

# expect NAME CODE COMMAND…: the exit code must be this one; what it said is in /tmp/said.
expect() {
    expect_name=$1 expect_code=$2
    shift 2
    "$@" >/tmp/out 2>/tmp/err </dev/null
    code=$?
    cat /tmp/out /tmp/err >/tmp/said
    if [ "$code" = "$expect_code" ]; then
        ok "$expect_name"
    else
        fail "$expect_name" "code $code, not $expect_code: $(tr '\n' ' ' </tmp/said)"
    fi
}

# said NAME WORDS: the last command of `expect' said these words.
said() {
    if grep -qF -- "$2" /tmp/said; then
        ok "$1"
    else
        fail "$1" "'$2' is not in: $(tr '\n' ' ' </tmp/said)"
    fi
}

# Everything that a domain consists of, on this host.
holdings() {
    lodge list | awk 'NR > 1 { print "domain", $1 }'
    xenstore-ls -f / | sed 's/ = .*//' | grep -v -e '^/local/domain/0/error' \
        -e '^/local/domain/0/backend$' -e '^/local/domain/0/device-model$' -e '^/local/domain/0/backend/[a-z]*$' -e '^/libxl$' -e '^/vm$'
    losetup -a
    ip link | grep -o 'vif[0-9.]*'
    ps -o pid,args | grep '[l]odge '
}

# within SECONDS CONDITION…: tries it again until it holds.
within() {
    within_left=$(($1 * 20))
    shift
    until "$@"; do
        within_left=$((within_left - 1))
        [ $within_left -gt 0 ] || return 1
        sleep 0.05
    done
}

remember() {
    holdings >/tmp/before
}

as_before() {
    holdings >/tmp/after
    cmp -s /tmp/before /tmp/after
}

# unchanged NAME: everything is as it was; the kernel has a moment to let go of devices.
unchanged() {
    if within 15 as_before; then
        ok "$1"
    else
        fail "$1" "left behind: $(diff /tmp/before /tmp/after | tr '\n' ' ')"
    fi
}

# stopped NAME SIGNAL ROUNDS STEP-US CONDITION COMMAND UNDO: the command is sent the signal so many times, later
# and later. Either it has done its work, which UNDO then takes back, or nothing is left of it; after KILL,
# which it cannot know of, UNDO finds it all the same.
# shellcheck disable=SC2086 # commands, word by word
stopped() {
    stopped_round=0 stopped_bad=''
    while [ $stopped_round -lt "$3" ]; do
        $6 2>/tmp/said &
        stopped=$!
        usleep $((stopped_round * $4))
        kill -"$2" $stopped 2>/dev/null
        wait $stopped 2>/dev/null
        code=$?
        if [ $code = 0 ] || [ "$2" = KILL ]; then
            $7 2>/dev/null
        elif [ $code != 130 ]; then
            stopped_bad="$stopped_bad round $stopped_round: code $code: $(tr '\n' ' ' </tmp/said)"
        fi
        within 15 "$5" ||
            stopped_bad="$stopped_bad round $stopped_round left: $(holdings | diff /tmp/before - | tr '\n' ' ')"
        stopped_round=$((stopped_round + 1))
    done
    if [ -z "$stopped_bad" ]; then ok "$1"; else fail "$1" "$stopped_bad"; fi
}

# card_script FILE: a script for network cards that does what it must, and notes how it was called.
card_script() {
    cat >"$1" <<'EOF'
#!/bin/sh
echo "$1 $2 $vif $XENBUS_PATH" >>/tmp/script-calls
[ "$1" = online ] || exit 0
ip link set "$vif" up
xenstore-write "$XENBUS_PATH/hotplug-status" connected
EOF
    chmod +x "$1"
    rm -f /tmp/script-calls
}

running() { # NAME
    lodge list "$1" >/dev/null 2>&1
}

gone() {
    ! running "$1"
}

finish() {
    exit $((failures != 0))
}

# The configuration that the tests begin with.
cat >tiny.cfg <<EOF
name = "tiny"
type = "$TYPE"
kernel = "tiny"
memory = 8
extra = "forever"
EOF
