#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: a domain's life with lodge: create, list, wait, console, shutdown, destroy,
#       exit statuses, and what on_poweroff, on_reboot and on_crash ask for.
# Why:  this is what lodge is for.
# How:  with the guest tiny, whose command line says how it ends.
#
# Types: pv pvh
test=life
. /root/lib.sh
remember

expect create 0 lodge create tiny.cfg
verdict create-quiet [ ! -s /tmp/said ]
expect list 0 lodge list
said list-name tiny
expect list-one 0 lodge list --json tiny
said list-json '"name":"tiny"'
said list-json-type "\"type\":\"$TYPE\""
expect name-in-use 125 lodge create tiny.cfg
said name-in-use-why "there is a domain tiny already"
expect destroy 0 lodge destroy tiny
unchanged destroy-clean
expect destroy-none 123 lodge destroy tiny
said destroy-none-why "there is no domain tiny"
expect destroy-none-json 123 lodge destroy --json tiny
said destroy-none-json-exit '"exit":123'
expect destroy-dom0 125 lodge destroy 0

# Before its guest runs a pvh domain has eight special pages: console, store and the like.
[ "$TYPE" = pv ] && special=0 || special=32768
expect create-json 0 lodge create --paused --json tiny.cfg 'name="other"' memory=12
said create-json-name '"name":"other"'
expect list-override 0 lodge list --json other
said override "\"memory_bytes\":$((12582912 + special))"
expect destroy-other 0 lodge destroy other

expect paused 0 lodge create --paused tiny.cfg
expect paused-list 0 lodge list --json tiny
said paused-state '"state":"paused"'
said paused-memory "\"memory_bytes\":$((8388608 + special))"
lodge destroy tiny

for end in poweroff:0 reboot:0 crash:126 status=0:0 status=7:7 status=119:119 status=300:120; do
    expect "console-${end%:*}" "${end#*:}" \
        lodge create -c tiny.cfg "extra=\"${end%:*}\"" 'on_reboot="destroy"'
    said "console-${end%:*}-output" "tiny: ${end%:*}"
done
unchanged console-clean

expect console-all 0 lodge create -c tiny.cfg 'extra="lines=3000"'
grep '^line' /tmp/out | tr -d '\r' >/tmp/lines
i=0
while [ $i -lt 3000 ]; do i=$((i + 1)); echo "line $i"; done >/tmp/wanted
verdict console-nothing-lost cmp /tmp/lines /tmp/wanted

lodge create --paused tiny.cfg 'extra="status=42"'
lodge wait --json tiny >/tmp/wait-out &
waiter=$!
sleep 0.5
xl unpause tiny
wait $waiter
verdict wait-status [ $? = 42 ]
verdict wait-json grep -q '"reason":"poweroff","status":42' /tmp/wait-out
expect wait-none 123 lodge wait tiny
lodge create tiny.cfg
expect wait-timeout 124 lodge wait --timeout 1 tiny
lodge wait tiny &
waiter=$!
sleep 0.5
lodge destroy tiny
wait $waiter
verdict wait-destroyed [ $? = 127 ]
unchanged wait-clean

lodge create tiny.cfg 'extra="wait"'
expect shutdown 0 lodge shutdown -w --timeout 20 tiny
unchanged shutdown-clean
lodge create tiny.cfg
expect shutdown-timeout 124 lodge shutdown --timeout 1 tiny
lodge destroy tiny
expect shutdown-reason 121 lodge shutdown -r sleep tiny

lodge create tiny.cfg 'extra="crash"' 'on_crash="preserve"'
within 5 sh -c 'lodge list --json tiny | grep -q shutdown'
expect preserve 0 lodge list --json tiny
said preserve-reason '"state":"shutdown","reason":"crash"'
lodge destroy tiny
unchanged preserve-clean

lodge create tiny.cfg 'extra="wait"'
before=$(lodge list --json tiny | sed 's/.*"domid":\([0-9]*\).*/\1/')
lodge shutdown -w -r reboot tiny
reborn() { now=$(lodge list --json tiny 2>/dev/null | sed 's/.*"domid":\([0-9]*\).*/\1/'); [ "$now" -gt "$before" ]; }
verdict restart within 10 reborn
expect restart-shutdown 0 lodge shutdown -w --timeout 20 tiny
unchanged restart-clean

lodge create tiny.cfg 'extra="wait"' 'on_reboot="rename-restart"'
before=$(lodge list --json tiny | sed 's/.*"domid":\([0-9]*\).*/\1/')
lodge shutdown -w -r reboot tiny
verdict rename-restart within 10 reborn
verdict rename-restart-old running "tiny-$before"
lodge destroy "tiny-$before"
lodge destroy tiny
unchanged rename-restart-clean

expect help 0 lodge create --help
expect version 0 lodge --version
expect no-command 121 lodge
expect bad-command 121 lodge fly
expect bad-option 121 lodge list --fly
finish
