# SPDX-License-Identifier: BSD-2-Clause
"""What a piece of Xen's trace comes to, an operation.

A domain enters Xen by exits, if the processor virtualises it, whatever for: a hypercall is one of
them. A PV domain has none: it enters by hypercalls, by faults that Xen mends or emulates, and by
traps that Xen hands on to it. Both are called entries here, for that is what they have in common.
Interrupts of the machine are not: they come when they come, and of PV domains the trace has none.
"""

# What tests/bench/exits calls the kinds of event that are an entry.
_ENTRIES = {"pv": ("hypercalls", "emulations", "traps"), "hvm": ("exits",)}
# The exits that have nothing to do with what the domain does: SVM's names and VMX's.
_INTERRUPTS = ("INTR", "NMI", "SMI", "EXTERNAL_INTERRUPT")


def _figure(name, counts, operations):
    value = sum(counts.values()) / operations
    return {"name": name, "unit": "count", "samples": 1, "batch": operations,
            "min": value, "median": value, "p99": value, "max": value,
            "parts": {what: times / operations for what, times in counts.items()}}


def piece_figures(system, name, operations, piece):
    """The figures NAME.entries and NAME.hypercalls, each with its parts by reason."""
    kinds = _ENTRIES["pv" if system.endswith("-pv") else "hvm"]
    entries = {what: times for kind in kinds for what, times in piece.get(kind, {}).items()
               if what not in _INTERRUPTS}
    return (_figure(f"{name}.entries", entries, operations),
            _figure(f"{name}.hypercalls", piece.get("hypercalls", {}), operations))
