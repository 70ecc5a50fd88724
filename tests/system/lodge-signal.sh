#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: SIGINT and SIGTERM at any moment of a create: either there is a whole
#       domain and the exit code is 0, or there is nothing at all.
# Why:  people press Ctrl-C, and hosts shut down, at any moment.
# How:  creates with a disk and a network card are hit after delays that sweep
#       over the time that a create takes, and a bit beyond.
#
# Types: pv pvh
test=signal
. /root/lib.sh
truncate -s 4M disk.img
set -- tiny.cfg 'vif=[""]' 'disk=["disk.img,raw,xvda,w"]'
lodge create "$@" && lodge destroy tiny # everything is loaded once
remember
begin=$(awk '{ print int($1 * 1000) }' /proc/uptime)
lodge create "$@"
took=$(($(awk '{ print int($1 * 1000) }' /proc/uptime) - begin))
lodge destroy tiny
rounds=${ROUNDS:-16} round=0 whole=0 none=0 bad=''
while [ $round -lt $rounds ]; do
    signal=INT
    [ $((round % 2)) = 0 ] || signal=TERM
    lodge create "$@" 2>/tmp/said &
    creator=$!
    usleep $((took * 1300 * round / rounds))
    kill -$signal $creator 2>/dev/null
    wait $creator
    code=$?
    if [ $code = 0 ] && running tiny; then
        whole=$((whole + 1))
        lodge destroy tiny
    elif { [ $code = 130 ] || [ $code = 143 ]; } && gone tiny; then
        none=$((none + 1))
    else
        bad="$bad round $round: code $code: $(tr '\n' ' ' </tmp/said)"
    fi
    within 15 as_before || bad="$bad round $round left: $(diff /tmp/before /tmp/after | tr '\n' ' ')"
    round=$((round + 1))
done
echo "signal: $whole whole, $none called off, of $rounds"
if [ -z "$bad" ]; then ok all; else fail all "$bad"; fi
verdict some-called-off [ $none -gt 0 ]

# A create with a console that is interrupted leaves the domain running.
lodge create -c tiny.cfg >/tmp/said 2>&1 </dev/null &
creator=$!
within 20 grep -q 'tiny: forever' /tmp/said
kill -TERM $creator
wait $creator
verdict console-detached [ $? = 143 ]
verdict console-lives running tiny

# A monitor that is told to end leaves the domain running as well.
kill -TERM $(ps -o pid,args | awk '/[l]odge create/ { print $1 }')
no_monitor() { ! ps -o args | grep -q '[l]odge create'; }
verdict monitor-ends within 5 no_monitor
verdict monitor-domain-lives running tiny
lodge destroy tiny
unchanged clean
finish
