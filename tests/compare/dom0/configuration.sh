# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# The configuration of each system's domain, which xl and lodge both read. All
# have the same memory, one virtual processor, one vif and one disk. Sourced by
# compare.dom0.

# The emulated devices of HVM are as few as xl allows: the firmware's CD drive (and, since
# QEMU knows no other xvda, a disk drive). The network card is the vif alone.
configure_hvm() { # CD
    cat <<END
boot = "d"
vga = "none"
vnc = 0
vif = ["type=vif,bridge=$bridge"]
disk = ["format=raw,vdev=xvda,access=rw,target=$disk",
        "format=raw,vdev=hdc,devtype=cdrom,access=ro,target=$1"]
END
}

configure() { # NAME SYSTEM PASS
    local mode=${2#*-}
    cat <<END
name = "$1"
type = "$mode"
memory = $memory
vcpus = 1
# Xen would emulate the processor's counter for a guest that may migrate.
tsc_mode = "native"
on_poweroff = "preserve"
on_crash = "preserve"
END
    case $2 in
    *-hvm) configure_hvm "$folder/bench-$3.iso" ;;
    *) cat <<END
vif = ["bridge=$bridge"]
disk = ["format=raw,vdev=xvda,access=rw,target=$disk"]
END
        ;;
    esac
    case $2 in
    lodger-hvm) ;;
    lodger-*) cat <<END
kernel = "$folder/bench"
extra = "$(lodger_arguments "$3")"
END
        ;;
    linux-*) cat <<END
kernel = "$folder/vmlinux"
ramdisk = "$folder/linux.cpio"
extra = "console=hvc0 quiet address=$address -- $(linux_arguments "$3" "${mode^^}" /dev/xvda)"
END
        ;;
    esac
}

# The domain at the other end of evtchn.peer.
configure_echo() { # NAME MODE DOMID
    cat <<END
name = "$1"
type = "$2"
kernel = "$folder/bench"
memory = 16
tsc_mode = "native"
extra = "--echo $3"
END
}

# lodge where it can; it makes no HVM domains, and of Linux's xl is the usual one.
toolstack() { # SYSTEM
    case $1 in
    lodger-pv | lodger-pvh) echo lodge create --quiet --paused ;;
    *) echo xl create -q -p ;;
    esac
}

# The sha256 of what a system of Lodger boots, for the reader to see that it is one image.
image() { # SYSTEM
    case $1 in
    lodger-hvm)
        mkdir "$out/cd" && mount -t iso9660 -o loop,ro "$folder/bench-figures.iso" "$out/cd" &&
            sha256sum <"$out/cd/image" >"$out/$1.image"
        umount "$out/cd"
        rmdir "$out/cd" ;;
    lodger-*) sha256sum <"$folder/bench" >"$out/$1.image" ;;
    esac
}
