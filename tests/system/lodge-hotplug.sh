#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: network cards that a running domain is given and deprived of: network-attach,
#       network-detach, network-list, beside xl's.
# Why:  a card that stays behind is an interface, a bridge port and a page of another
#       domain's that nobody gives back.
# How:  with a guest that never answers, so that each step is the toolstack's own; how a guest
#       plays along is tests/guest/hotplug's business.
#
# Types: pv pvh
test=hotplug
. /root/lib.sh

settings='extra="wait"'
lodge create tiny.cfg "$settings"
domid=$(xl domid tiny)
backend=/local/domain/0/backend/vif/$domid
front=/local/domain/$domid/device/vif
remember

expect list-none 0 lodge network-list tiny
expect attach 0 lodge network-attach tiny mac=00:16:3e:00:00:01 bridge=xenbr0
verdict attach-quiet [ ! -s /tmp/said ]
verdict interface [ -e "/sys/class/net/vif$domid.0/brport" ]
verdict mac [ "$(xenstore-read "$front/0/mac")" = 00:16:3e:00:00:01 ]
verdict hotplug-status [ "$(xenstore-read "$backend/0/hotplug-status")" = connected ]
expect list 0 lodge network-list tiny
said list-mac 00:16:3e:00:00:01
said list-path "$backend/0"
cp /tmp/out /tmp/ours
expect xl-list 0 xl network-list tiny
# Their columns are the same, whatever their width.
verdict xl-list-same sh -c '[ "$(tr -s " " </tmp/ours)" = "$(tr -s " " </tmp/out | sed "s/ *$//")" ]'
expect list-json 0 lodge network-list --json tiny
said list-json-card '"devid":0,"mac":"00:16:3e:00:00:01","bridge":"xenbr0"'

# All of it in one word, as xl's files have it; the lowest number that is free.
expect attach-json 0 lodge network-attach --json tiny mac=00:16:3e:00:00:02,mtu=1400 vifname=web1
said attach-json-devid '"devid":1,"mac":"00:16:3e:00:00:02"'
verdict vifname [ -e /sys/class/net/web1/brport ]
verdict mtu [ "$(cat /sys/class/net/web1/mtu)" = 1400 ]
verdict mtu-guest [ "$(xenstore-read "$front/1/mtu")" = 1400 ]
expect attach-again 125 lodge network-attach tiny mac=00:16:3e:00:00:02
said attach-again-why "has the address 00:16:3e:00:00:02 already"
expect attach-random 0 lodge network-attach tiny
verdict attach-random-mac sh -c "xenstore-read $front/2/mac | grep -q '^00:16:3e:'"

# The guest has no driver, and so lets go of nothing.
expect detach-asks 124 lodge network-detach --timeout 1 tiny 1
said detach-asks-why "network-detach -f"
expect detach-force 0 lodge network-detach -f --timeout 1 tiny 1
said detach-force-told "has not let go of card 1"
gone_interface() { [ ! -e "/sys/class/net/$1" ]; }
verdict detach-interface within 10 gone_interface web1
verdict detach-others [ -e "/sys/class/net/vif$domid.0/brport" ]
expect detach-mac 0 lodge network-detach -f -q --timeout 1 tiny 00:16:3E:00:00:01
verdict detach-mac-quiet [ ! -s /tmp/said ]
expect attach-lowest 0 lodge network-attach --json tiny
said attach-lowest-devid '"devid":0'
lodge network-detach -f -q --timeout 1 tiny 0
lodge network-detach -f -q --timeout 1 tiny 2
unchanged detach-clean

# None of this sees the type of the domain.
if [ "$TYPE" = pv ]; then
    # What a script brings in, it sees out.
    card_script script
    expect script 0 lodge network-attach tiny "script=$PWD/script"
    verdict script-online grep -q "online type_if=vif vif$domid.0 backend/vif/$domid/0" /tmp/script-calls
    lodge network-detach -f -q --timeout 1 tiny 0
    verdict script-offline grep -q "offline type_if=vif vif$domid.0" /tmp/script-calls
    unchanged script-clean

    # Mistakes leave nothing behind.
    expect wrong-bridge 125 lodge network-attach tiny bridge=nobr
    said wrong-bridge-why "there is no bridge nobr"
    expect wrong-key 122 lodge network-attach tiny brigde=xenbr0
    said wrong-key-why "command line: vif: 'brigde' is not known"
    expect wrong-mac 122 lodge network-attach tiny mac=1
    expect wrong-mtu 122 lodge network-attach tiny mtu=67
    said wrong-mtu-why "mtu='67' is no number from 68 to 65535"
    expect wrong-name 125 lodge network-attach tiny vifname=eth0
    said wrong-name-why "cannot join"
    printf '#!/bin/sh\nexit 3\n' >bad-script
    chmod +x bad-script
    expect wrong-script 125 lodge network-attach tiny script=/root/bad-script
    unchanged wrong-clean
    expect no-domain 123 lodge network-attach nobody
    expect no-domain-list 123 lodge network-list nobody
    expect no-card 125 lodge network-detach tiny 7
    said no-card-why "lodge network-list"
    expect no-card-mac 125 lodge network-detach tiny 00:16:3e:00:00:09
    expect no-words 121 lodge network-detach tiny
    expect no-words-attach 121 lodge network-attach
    expect dom0 125 lodge network-attach 0

    # Called off half way: all of it, or nothing.
    lodge network-attach tiny mac=00:16:3e:00:00:05 & # everything is loaded once
    wait $!
    lodge network-detach -f -q --timeout 1 tiny 0
    stopped called-off INT 8 8000 as_before 'lodge network-attach tiny mac=00:16:3e:00:00:05' \
        'lodge network-detach -f -q --timeout 1 tiny 00:16:3e:00:00:05'
fi
lodge destroy tiny
remember

# The end of the domain is the end of its cards, whoever ends it and however they came.
lodge create tiny.cfg "$settings"
lodge network-attach tiny
lodge network-attach tiny
expect destroy 0 lodge destroy tiny
unchanged destroy-clean
lodge create tiny.cfg "$settings"
lodge network-attach tiny
expect shutdown 0 lodge shutdown -w --timeout 30 tiny
unchanged shutdown-clean
lodge create tiny.cfg "$settings" 'on_poweroff="preserve"'
lodge shutdown --timeout 30 tiny
expect ended 125 lodge network-attach tiny
said ended-why "has ended"
lodge destroy tiny

# A domain of xl's.
xl create -q tiny.cfg vcpus=1 "$settings"
expect xl-attach 0 lodge network-attach tiny mac=00:16:3e:00:00:03
expect xl-attach-list 0 xl network-list tiny
said xl-attach-list-mac 00:16:3e:00:00:03
expect xl-detach 0 lodge network-detach -f -q --timeout 1 tiny 0
expect xl-attach-xl 0 lodge network-attach tiny mac=00:16:3e:00:00:03
expect xl-destroy 0 xl destroy tiny
unchanged xl-destroy-clean
expect help 0 lodge network-attach --help
rm -f script bad-script
finish
