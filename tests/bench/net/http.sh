# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# Web servers under load: a page of 1 KiB, 50 connections, kept and not, by wrk in dom0 for a
# second a sample. Sourced by net.dom0, whose variables it uses.
# shellcheck disable=SC2154

connections=50
duration=1s

# page_awaited PORT: the server gives the page, whole and right.
page_awaited() {
    local tries=0
    until curl -s -m 1 "http://$address:$1/1k.bin" | cmp -s - /bench/1k.bin; do
        [ $((tries += 1)) -lt 100 ] || { echo "http: no page from port $1" >&2; return 1; }
        usleep 50000
    done
}

# What wrk and meter said, as one record. wrk tells of errors only if there were any.
http_record() { # SERVER KEPT SAMPLE
    awk -v server="$1" -v kept="$2" -v sample="$3" '
        / requests in / { requests = $1 }
        /^Requests\/sec:/ { rate = $2 }
        /Socket errors|Non-2xx/ { sub(/^ +/, ""); errors = errors $0 " " }
        substr($0, 1, 1) == "{" { meter = substr($0, 2) }
        END { printf "{\"record\":\"http\",\"server\":\"%s\",\"kept\":%s,\"sample\":%d," \
            "\"requests\":%d,\"rate\":%s,\"errors\":\"%s\",%s\n",
            server, kept, sample, requests, rate, errors, meter }'
}

# load SYSTEM SERVER PORT SAMPLES
load() {
    local domid sample each arguments
    domid=$(xl domid "$1")
    page_awaited "$3" || return
    [ -z "$symbols" ] || meter pages /out/pages
    for each in "${kept[@]}"; do
        arguments=(-t 1 -c "$connections" -d "$duration")
        "$each" || arguments+=(-H 'Connection: close')
        for sample in $(seq 0 "$4"); do
            meter run "$domid" wrk "${arguments[@]}" "http://$address:$3/1k.bin" |
                http_record "$2" "$each" "$sample"
        done
    done >>"/out/$1.jsonl"
}

http_lodger() { # SYSTEM
    {
        domain "$1"
        echo 'kernel = "/bench/httpd"'
        echo 'disk = ["format=raw,vdev=xvda,access=ro,target=/bench/www.img"]'
        echo "extra = \"--quiet lodger.ip=$address/24 $words\""
    } >"$1.cfg"
    lodge create --quiet "$1.cfg" && load "$1" httpd 80 "$samples"
    xl destroy "$1"
}

http_linux() { # SYSTEM
    {
        domain "$1"
        echo 'kernel = "/boot/vmlinux"'
        echo 'ramdisk = "/bench/linux.cpio"'
        echo "extra = \"console=hvc0 quiet address=$address/24 run=${symbols}serve\""
    } >"$1.cfg"
    # busybox makes a process for each connection: one sample shows how far behind it is.
    xl create -q "$1.cfg" && load "$1" nginx 80 "$samples" && load "$1" busybox 8080 1
    xl destroy "$1"
}
