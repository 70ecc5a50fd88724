#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: a create that fails, at whatever step, leaves no domain, no node in the
#       store, no loop device, no interface and no process.
# Why:  what is left behind on a host adds up, and nobody knows whom it belongs to.
# How:  everything that can be missing or broken is made so, one after another.
#
# Types: pv pvh
test=failure
. /root/lib.sh
truncate -s 4M disk.img
remember

fails() { # NAME WORDS SETTING…
    fails_name=$1 fails_words=$2
    shift 2
    expect "$fails_name" 125 lodge create tiny.cfg "$@"
    said "$fails_name-why" "$fails_words"
    lodge destroy -q tiny 2>/dev/null # should it have succeeded
    unchanged "$fails_name-clean"
}

fails kernel "cannot read the kernel" 'kernel="no-such"'
echo 'this is no kernel' >text
fails image "not a kernel that Xen can start" 'kernel="text"'
head -c 4000 tiny >half
fails image-half "half" 'kernel="half"'
: >empty
fails image-empty "empty" 'kernel="empty"'
fails ramdisk "cannot read the ramdisk" 'ramdisk="no-such"'
fails memory "not enough memory" memory=100000
fails memory-small "tiny" memory=1
fails vifname "cannot join" 'vif=["vifname=eth0"]' 'disk=["disk.img,raw,xvda,w"]'

# The devices that fail before or behind the building of a domain do not see its type.
if [ "$TYPE" = pv ]; then
    fails bridge "there is no bridge nobr" 'vif=["bridge=nobr"]'
    fails no-bridge "is no Linux bridge" 'vif=["bridge=eth0"]'
    fails script "cannot be run" 'vif=["script=no-such"]'
    fails disk-missing "No such file" 'disk=["no-such,raw,xvda,w"]'
    fails disk-folder "neither a block device nor a regular file" 'disk=["/tmp,raw,xvda,w"]'
    fails disk-empty "is empty" 'disk=["empty,raw,xvda,w"]'
    fails second-disk "No such file" 'disk=["disk.img,raw,xvda,w","no-such,raw,xvdb,w"]'

    printf '#!/bin/sh\nexit 3\n' >bad-script
    chmod +x bad-script
    fails script-fails "failed with status 3" 'vif=["script=/root/bad-script"]' \
        'disk=["disk.img,raw,xvda,w"]'
fi

killall -STOP xenstored
begin=$(cut -d. -f1 /proc/uptime)
lodge create tiny.cfg 2>/tmp/said
code=$?
took=$(($(cut -d. -f1 /proc/uptime) - begin))
killall -CONT xenstored
verdict store-silent [ $code = 125 ]
verdict store-silent-bounded [ $took -lt 40 ]
unchanged store-silent-clean
rm -f disk.img
finish
