# SPDX-License-Identifier: BSD-2-Clause
"""The tables of the report: which figures stand in which, and what their names mean."""

# In the order of the report. A figure belongs to the first word of its name, but entries and
# hypercalls, the last.
SUBJECTS = {
    "entries": ("Entries into Xen", "In one operation of each figure: exits of a PVH or HVM domain, "
                "interrupts of the machine left out; hypercalls, traps and emulated instructions of a "
                "PV domain. In brackets the most frequent kinds."),
    "hypercalls": ("Hypercalls", "In one operation of each figure."),
    "boot": ("The start", "Time since the stage before it, of a domain whose program does nothing. "
             "created: the toolstack's work, up to the paused domain; first-instruction: since the "
             "unpause, the firmware's with HVM (dom0's clock and Xen's agree to some 0.1 ms). total: from the start of the toolstack to main. "
             "entries, hypercalls: of that domain's whole life."),
    "domain": ("What a domain takes", "cpu-time: Xen's account of the same domain over its whole "
               "life. memory: its pages; taken: by how much less Xen has free; paging: Xen's pool "
               "for nested page tables; dom0-memory: private to the processes that dom0 runs for "
               "it, when it has been created."),
    "store": ("xenstore", "Requests that xenstored answered, of the toolstack, of the back ends "
              "and of the domain together: create, up to the paused domain; boot, from there to "
              "its end."),
    "clock": ("The clock", "One reading."),
    "hypercall": ("Hypercalls", "One call."),
    "evtchn": ("Event channels", "self: a domain's own port, sent and seen; peer: there and back, "
               "to another Lodger domain of the same mode."),
    "idle": ("Idling", "From the deadline of a sleep with nothing else to do to running again."),
    "timer": ("Timers", "How late a sleep of that length ends."),
    "thread": ("Threads", "There and back between two threads, halved."),
    "pagetable": ("Page tables", "Pages mapped, protected or unmapped in one call, as many as the "
                  "name says; Linux: mmap, mprotect, munmap."),
    "fault": ("Page faults", "A touch of a page that is not there, mended by the kernel."),
    "grant": ("Grants", "One access granted to another domain and ended."),
    "memory": ("Memory", "used, total: of the domain; the rest is throughput."),
    "malloc": ("The heap", "malloc and free of that many bytes."),
    "console": ("The console", "A line of that many bytes, until dom0 has taken it."),
    "net": ("The network", "To a program in dom0: through netfront, netback and a bridge; the "
            "process goes through a pair of virtual cables to the same bridge."),
    "blk": ("The disk", "A ramdisk of dom0, through blkfront and blkback; the process opens it "
            "itself."),
}


# The stages of all systems in one order, and what else there is about the start.
START = ("created", "first-instruction", "memory", "xenbus", "devices", "net", "user-space", "main",
         "total", "entries", "hypercalls")


def _subject(figure):
    kind = figure.name.rsplit(".", 1)[-1]
    return kind if kind in ("entries", "hypercalls") and figure.group != "boot" else figure.group


def _start_order(figure):
    stage = figure.name.removeprefix("boot.")
    return START.index(stage) if stage in START else len(START)


def by_subject(figures):
    """[(title, text, [Figure, ...]), ...]: every figure is in exactly one."""
    groups = {}
    for figure in figures:
        groups.setdefault(_subject(figure), []).append(figure)
    groups.get("boot", []).sort(key=_start_order)
    known = [group for group in SUBJECTS if group in groups]
    unknown = [group for group in groups if group not in SUBJECTS]
    return [(*SUBJECTS.get(group, (group, "")), groups[group]) for group in known + unknown]
