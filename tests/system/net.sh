#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: how a guest comes by its addresses: DHCP, a fixed one, SLAAC, and one for each of two vifs.
# Why:  a guest that is up but cannot be reached is not up.
# How:  with the appliance httpd; asked from dom0 over each address, which must also be told in
#       xenstore and on the console.
# Types: pv pvh
test=net
. /root/lib.sh
remember

cat >net.cfg <<EOF
name = "net"
type = "$TYPE"
kernel = "httpd"
memory = 16
vif = ["bridge=xenbr0"]
disk = ["format=raw,vdev=xvda,access=ro,target=www.img"]
EOF

domid() {
    xl domid net
}

# told VIF FAMILY: the address of a vif (0, 1) as xenstore has it, once it has one.
told() {
    xenstore-read "/local/domain/$(domid)/data/lodger/net/$1/$2" 2>/dev/null
}

fetched() { # ADDRESS
    wget -q -O /tmp/page "http://$1/index.html" 2>/dev/null && cmp -s /tmp/page index.html
}

console() { # WORDS
    grep -qF "$1" /var/log/xen/console/guest-net.log
}

has() { # VIF FAMILY
    told "$1" "$2" >/dev/null
}

expect dhcp-create 0 lodge create net.cfg
verdict dhcp-address within 60 has 0 ipv4
four=$(told 0 ipv4)
verdict dhcp-fetch within 10 fetched "$four"
verdict dhcp-console within 10 console "net: vif0: $four/24 by DHCP"
verdict slaac-address within 60 has 0 ipv6
six=$(told 0 ipv6)
# dom0 has made itself an address of the same prefix.
verdict slaac-fetch within 20 fetched "[$six]"
verdict slaac-console within 10 console "net: vif0: $six/64 by SLAAC"
lodge destroy net

expect fixed-create 0 lodge create net.cfg 'extra="lodger.ip=10.0.0.90/24 lodger.gateway=10.0.0.254"'
verdict fixed-fetch within 60 fetched 10.0.0.90
verdict fixed-told [ "$(told 0 ipv4)" = 10.0.0.90 ]
verdict fixed-console within 10 console 'net: vif0: 10.0.0.90/24 as configured'
lodge destroy net

# What is no address is complained of, and DHCP asked.
expect wrong-create 0 lodge create net.cfg 'extra="lodger.ip=10.0.0.900"'
verdict wrong-address within 60 has 0 ipv4
verdict wrong-console within 10 console 'lodger.ip=10.0.0.900 is not ADDRESS/LENGTH'
lodge destroy net

ip addr add 10.0.1.1/24 dev xenbr0
expect two-create 0 lodge create net.cfg 'vif=["bridge=xenbr0","bridge=xenbr0"]' \
    'extra="lodger.ip=10.0.0.91/24 lodger.ip1=10.0.1.91/24"'
verdict two-first within 60 fetched 10.0.0.91
verdict two-second within 60 fetched 10.0.1.91
verdict two-told [ "$(told 0 ipv4) $(told 1 ipv4)" = "10.0.0.91 10.0.1.91" ]
lodge destroy net
ip addr del 10.0.1.1/24 dev xenbr0

# Nobody answers on a bridge of its own: the program runs all the same, without an address.
ip link add lonely type bridge && ip link set lonely up
expect alone-create 0 lodge create net.cfg 'vif=["bridge=lonely"]'
verdict alone-runs within 60 console 'httpd: serving'
verdict alone-silent [ -z "$(told 0 ipv4)" ]
lodge destroy net

# A DHCP server of another make, which tells what name it was given.
ip addr add 10.9.0.1/24 dev lonely
mkdir -p /var/lib/misc
: >/var/lib/misc/udhcpd.leases
cat >udhcpd.conf <<'EOF'
interface lonely
start 10.9.0.20
end 10.9.0.20
lease_file /var/lib/misc/udhcpd.leases
option subnet 255.255.255.0
option router 10.9.0.1
option dns 10.9.0.1
option lease 60
EOF
busybox udhcpd -f udhcpd.conf 2>/dev/null &
server=$!
expect lease-create 0 lodge create net.cfg 'vif=["bridge=lonely"]' 'name="a.guest"'
verdict lease-fetch within 60 fetched 10.9.0.20
kill -USR1 $server
within 5 [ -s /var/lib/misc/udhcpd.leases ]
verdict lease-name sh -c 'busybox dumpleases -f /var/lib/misc/udhcpd.leases | grep -q a-guest'
lodge destroy a.guest
kill $server
ip link del lonely

unchanged clean
finish
