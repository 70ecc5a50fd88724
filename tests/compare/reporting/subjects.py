# SPDX-License-Identifier: BSD-2-Clause
"""The tables of the report: which figures stand in which, and what their names mean."""

# Groups of figures (the first word of a name), in the order of the report.
SUBJECTS = {
    "boot": ("The start", "Time since the stage before it, of a domain whose program does nothing. "
             "created: the toolstack's work, up to the paused domain; first-instruction: since the "
             "unpause, the firmware's with HVM. total: from the start of the toolstack to main."),
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


def by_subject(figures):
    """[(title, text, [Figure, ...]), ...]: every figure is in exactly one."""
    groups = {}
    for figure in figures:
        groups.setdefault(figure.group, []).append(figure)
    known = [group for group in SUBJECTS if group in groups]
    unknown = [group for group in groups if group not in SUBJECTS]
    return [(*SUBJECTS.get(group, (group, "")), groups[group]) for group in known + unknown]
