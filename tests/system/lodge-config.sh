#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What: a configuration with a mistake is refused: exit code 122, and the message
#       names the file, the line and the remedy.
# Why:  a message that sends its reader to the manual has failed.
# How:  one setting after another is added to a good file.
#
# Types: pv
test=config
. /root/lib.sh
remember

wrong() { # NAME SETTING WORDS
    { cat tiny.cfg; echo "$2"; } >wrong.cfg
    expect "$1" 122 lodge create wrong.cfg
    said "$1-where" "wrong.cfg:6:"
    said "$1-what" "$3"
}

wrong memory 'memory = "lots"' "'lots' is not a whole number"
wrong memory-list 'memory = [ 8 ]' "must be a single value"
wrong maxmem 'maxmem = 4' "less than memory"
wrong vcpus 'vcpus = 0' "not a whole number from 1"
wrong type 'type = "hvm"' 'create it with xl, or use type="pvh"'
wrong builder 'builder = "hvm"' 'create it with xl'
wrong builder-type 'type = "pvh"; builder = "generic"' 'contradicts type="pvh"'
wrong timer 'timer_mode = "native"' 'a pv domain has no emulated timers'
wrong nested 'type = "pvh"; nestedhvm = 1' 'leave it out'
wrong type-typo 'type = "vp"' 'no type of domain'
wrong action 'on_crash = "explode"' "none of destroy, restart"
wrong action-core 'on_crash = "coredump-destroy"' "xl dump-core"
wrong uuid 'uuid = "1-2-3"' "does not look like"
wrong vif 'vif = "bridge=xenbr0"' "must be a list"
wrong vif-key 'vif = [ "brigde=xenbr0" ]' "'brigde' is not known"
wrong vif-mac 'vif = [ "mac=00:16" ]' "does not look like"
wrong disk-format 'disk = [ "a.img,qcow2,xvda,w" ]' "only raw images"
wrong disk-vdev 'disk = [ "a.img,raw,foo,w" ]' "no name of a virtual disk"
wrong bootloader 'bootloader = "pygrub"' "runs no boot loader"

printf 'name = "x"\nkernel = "tiny"\nvif = [ "",\n  "mac=zz" ]\n' >wrong.cfg
expect element 122 lodge create wrong.cfg
said element-line "wrong.cfg:4: vif:"
printf 'name = "x"\nkernel = @\n' >wrong.cfg
expect syntax 122 lodge create wrong.cfg
said syntax-line "wrong.cfg:2"
printf 'kernel = "tiny"\n' >wrong.cfg
expect no-name 122 lodge create wrong.cfg
said no-name-what "name: is missing"
expect override 122 lodge create tiny.cfg memory=none
expect override-value 122 lodge create tiny.cfg 'memory="none"'
said override-where "command line: memory:"
expect not-there 125 lodge create no-such.cfg
said not-there-why "no-such.cfg: No such file"

{ cat tiny.cfg; echo 'foo = 1'; } >unknown.cfg
expect unknown 0 lodge create unknown.cfg
said unknown-warning "warning: unknown.cfg:6: foo: is ignored"
lodge destroy tiny
expect unknown-quiet 0 lodge create -q unknown.cfg
verdict unknown-silent [ ! -s /tmp/said ]
lodge destroy tiny

mkdir -p /tmp/elsewhere
cp tiny /tmp/elsewhere/image
sed 's/kernel.*/kernel = "image"/' tiny.cfg >/tmp/elsewhere/there.cfg
expect relative 0 lodge create /tmp/elsewhere/there.cfg
lodge destroy tiny
unchanged clean
finish
