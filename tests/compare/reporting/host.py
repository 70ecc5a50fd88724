# SPDX-License-Identifier: BSD-2-Clause
"""Where the figures were taken: from the facts of tests/compare/compare, `xl info` and `xl dmesg`."""
import re
from pathlib import Path

ACCELERATORS = {
    "icount": "QEMU's emulation (TCG) under instruction counting: one processor, one nanosecond "
              "an instruction",
    "real": "none: this Xen runs on the machine itself, or on a hypervisor that it does not see",
}


def _pairs(path):
    """A file of lines "key: value"."""
    pairs = {}
    for line in path.read_text(errors="replace").splitlines():
        key, colon, value = line.partition(":")
        if colon:
            pairs[key.strip()] = value.strip()
    return pairs


def mitigations(dmesg):
    """Xen's block "Speculative mitigation facilities", one entry a line of it."""
    found, inside = [], False
    for line in dmesg.splitlines():
        line = re.sub(r"^\(XEN\) (\[[^]]*\] )?", "", line.rstrip())
        if "Speculative mitigation facilities" in line:
            found, inside = [], True
        elif inside and line.startswith("  "):
            found.append(" ".join(line.split()))
        else:
            inside = False
    return found


def images(folder):
    """{system: sha256} of what each of Lodger's systems booted."""
    return {path.stem: path.read_text().split()[0] for path in sorted(folder.glob("*.image"))}


def read_host(folder):
    folder = Path(folder)
    facts = _pairs(folder / "facts")
    xen = _pairs(folder / "xl-info")
    return {
        "date": facts["date"],
        "machine": facts["machine"],
        "system": facts["system"],
        "accelerator": facts["accelerator"],
        "qemu": facts.get("qemu"),
        "xen_version": xen["xen_version"],
        "xen_commandline": xen["xen_commandline"],
        "xen_scheduler": xen.get("xen_scheduler"),
        "dom0_kernel": (folder / "dom0-kernel").read_text().strip(),
        "guest_kernel": facts.get("guest-kernel"),
        "mitigations": mitigations((folder / "xl-dmesg").read_text(errors="replace")),
        "commit": facts["commit"],
        "images": images(folder),
        "memory_bytes": int(facts["memory"]) << 20,
    }
