# SPDX-License-Identifier: BSD-2-Clause
"""The report as a person reads it first."""
from reporting.host import ACCELERATORS
from reporting.records import SYSTEMS
from reporting.subjects import by_subject
from reporting.units import digits, show

# With what each system is compared in its cells: Lodger's modes with each other, Linux with
# Lodger in the same mode.
BESIDE = {
    "lodger-pvh": "lodger-pv",
    "lodger-hvm": "lodger-pv",
    "linux-pv": "lodger-pv",
    "linux-pvh": "lodger-pvh",
    "linux-process": "lodger-pv",
}

CARRIES_OVER = {
    "icount": """\
**These figures were taken under emulation. Those of the first part carry over to hardware: counts of exits, of
hypercalls and of store operations, bytes, and memory. Those of the second part, times and what is
divided by times, do not:** a nanosecond there is one instruction of whatever runs, Xen, dom0 and the guests together, on
the one processor that they share. Entering and leaving Xen costs instructions there, not the hundreds of cycles that a
`VMEXIT`, a `syscall` or a flushed TLB costs a real processor; caches, memory and mitigations cost nothing. A ratio of two
times says how much work one way needs where the other needs more, and it repeats; it is no prediction of seconds.""",
    "real": """\
**These figures were taken on the Xen of this machine.** Counts of exits, of hypercalls and of store operations, bytes and
memory hold on any machine with this Xen; times hold for this machine, this load and these mitigations.""",
}


class Footnotes:
    """Numbers each reason once."""

    def __init__(self):
        self.reasons = {}

    def mark(self, reason):
        return f"[^{self.reasons.setdefault(reason, len(self.reasons) + 1)}]"

    def lines(self):
        return [f"[^{number}]: {reason}" for reason, number in self.reasons.items()]


def _parts(parts):
    """The largest of what a count consists of: "VMMCALL 1, HLT 0.5"."""
    ordered = sorted(parts.items(), key=lambda part: -part[1])
    text = ", ".join(f"{what} {digits(times)}" for what, times in ordered[:3])
    return text + (" …" if len(ordered) > 3 else "")


def _cell(figure, system, notes):
    cell = figure.cells[system]
    if not cell:
        return "–" + (notes.mark(cell.reason) if cell.reason else " **no reason stated**")
    name = figure.name
    text, tail = show(cell.median, figure.unit), show(cell.p99, figure.unit)
    if not figure.counted and cell.samples > 1 and tail != text:
        text += f" ({tail})"
    if cell.parts and name.endswith(".entries"):
        text += f" ({_parts(cell.parts)})"
    beside = figure.cells.get(BESIDE.get(system))
    # Two stages of the same name may be two different things.
    comparable = figure.group != "boot" or name in ("boot.created", "boot.total")
    if beside and beside.median and cell.median and comparable:
        text += f" ×{digits(float(f'{cell.median / beside.median:.3g}'))}"
    return text


def _table(title, text, figures, notes):
    lines = [f"### {title}", "", text, ""] if text else [f"### {title}", ""]
    lines.append("| | " + " | ".join(SYSTEMS.values()) + " |")
    lines.append("| --- |" + " ---: |" * len(SYSTEMS))
    for figure in figures:
        cells = " | ".join(_cell(figure, system, notes) for system in SYSTEMS)
        lines.append(f"| `{figure.name}` | {cells} |")
    return lines + [""]


def _part(title, text, figures, notes, plots):
    if not figures:
        return []
    lines = [f"## {title}", "", text, ""]
    lines += [line for name, caption in plots for line in (f"![{caption}]({name})", "")]
    for subject in by_subject(figures):
        lines += _table(*subject, notes)
    return lines


def _head(host, runs):
    lines = [
        f"- **Figures taken** {host['date']}; runs of each system: {runs}, and cells are "
        "medians of the runs' medians",
        f"- **Accelerator** {ACCELERATORS.get(host['accelerator'], host['accelerator'])}"
        + (f" ({host['qemu']})" if host["qemu"] else ""),
        f"- **Machine** {host['machine']}; {host['system']}",
        f"- **Xen** {host['xen_version']}, `{host['xen_commandline']}`, "
        f"scheduler {host['xen_scheduler']}",
        f"- **Dom0** {host['dom0_kernel']}; Linux guests boot {host['guest_kernel']}",
        f"- **Lodger** {host['commit']}; each domain has {show(host['memory_bytes'], 'B')} and one "
        "virtual processor",
    ]
    same = set(host["images"].values())
    if not same:
        lines.append("- **No image** of Lodger was booted")
    elif len(same) == 1:
        lines.append(f"- **One image**, sha256 `{same.pop()}`, taken of what was booted as "
                     + ", ".join(SYSTEMS[system] for system in host["images"]))
    else:
        lines.append("- **Not one image**: " + ", ".join(
            f"{SYSTEMS[system]} booted `{sha256}`" for system, sha256 in host["images"].items()))
    lines += ["- **Mitigations in force**, as Xen tells them:", ""]
    lines += [f"      {line}" for line in host["mitigations"]] or ["      Xen's log (xl dmesg) does not tell any longer"]
    return lines + [""]


def _repeats(document):
    repeat = document["repeat"]
    lines = ["## Do the figures repeat?", ""]
    lines.append(
        f"Between the {document['runs']} runs of this report, counted figures must be equal and the "
        "medians of timed ones within 10 %. "
        + ("They are, in all cells." if not repeat["within"] else
           "They are, but for those below. (Where something arrives while the domain works, the moment "
           "decides how much is dealt with at once: counts of streams, of packets, of many "
           "requests at a time and of long sleeps may differ by a few of 64 operations.)"))
    lines.append("")
    lines += [f"- {line}" for line in repeat["within"]]
    if repeat["previous"]:
        lines += ["", f"Beside the report of {repeat['previous']['date']} "
                  f"({repeat['previous']['commit']}), {repeat['previous']['cells']} cells compared: "
                  + ("medians differ:" if repeat["previous"]["differences"] else
                     "counted medians are equal, timed ones within 10 %."), ""]
        lines += [f"- {line}" for line in repeat["previous"]["differences"]]
    return lines + [""]


def write(path, document, figures, plots):
    """plots: {"counts": [(file, caption)], "times": [...]}"""
    host, notes = document["host"], Footnotes()
    lines = ["# One image as PV, PVH and HVM, beside Linux", ""]
    lines += _head(host, document["runs"])
    lines += [CARRIES_OVER.get(host["accelerator"], CARRIES_OVER["real"]), ""]
    if document["failures"]:
        lines += ["## What failed", ""] + [f"- {failure}" for failure in document["failures"]] + [""]
    lines += [
        "A cell holds the median and, where it differs, the 99th percentile of the samples in brackets. "
        "× is the ratio to Lodger PV in Lodger's columns and the process's, and to Lodger in the "
        "same mode in those of Linux domains: below 1 is less. A dash has its reason in a note.", ""]
    lines += _part("Counts and sizes", "These carry over to hardware.",
                   [figure for figure in figures if figure.counted], notes, plots["counts"])
    lines += _part("Times and rates", "These are of the machine named above.",
                   [figure for figure in figures if not figure.counted], notes, plots["times"])
    lines += _repeats(document)
    lines += ["## Notes", ""] + notes.lines()
    path.write_text("\n".join(lines) + "\n")
