# SPDX-License-Identifier: BSD-2-Clause
"""The plots, drawn by gnuplot as SVG.

Lodger's modes are blue, Linux domains orange, the process grey, in every plot; a gap is a figure
that the system does not have, for the reason that the table gives.
"""
import shutil
import subprocess

from reporting.figures import FIRST_STAGES
from reporting.records import SYSTEMS
from reporting.units import show

COLOURS = {
    "lodger-pv": "#08306b",
    "lodger-pvh": "#2a7abf",
    "lodger-hvm": "#8fc1e3",
    "linux-pv": "#b34700",
    "linux-pvh": "#f59a3e",
    "linux-process": "#7f7f7f",
}

# The stages of the start, as the legend calls them.
STAGES = {
    "created": ("toolstack: create", "#bdbdbd"),
    FIRST_STAGES[0]: ("to the first instruction (firmware)", "#6a51a3"),
    "memory": ("memory", "#c7e9c0"),
    "xenbus": ("xenbus", "#a1d99b"),
    "devices": ("devices", "#41ab5d"),
    "net": ("network", "#006d2c"),
    "user-space": ("kernel, to user space", "#f16913"),
    "main": ("to main", "#fdd0a2"),
}

# Files of latencies: the groups that each shows.
LATENCIES = {
    "calls": ("What a call into Xen or a switch costs",
              ("clock", "hypercall", "evtchn", "idle", "thread", "grant")),
    "memory": ("What a change of memory costs", ("pagetable", "fault", "malloc")),
    "devices": ("What a timer and a device cost", ("timer", "console", "net", "blk")),
}

# The operations whose entries into Xen are drawn: one of each kind.
ENTRIES = ("hypercall.null", "evtchn.self", "evtchn.peer", "idle.wake", "thread.switch", "pagetable.map.1",
           "pagetable.map.64", "fault.page", "grant.cycle", "console.write.64", "net.rtt.udp.1",
           "net.packets.send.64", "blk.read.latency.4k", "blk.read.iops.32")

# Panels of rates: title, beginning of the names, unit.
RATES = (
    ("network, stream", "net.stream.", "B/s"),
    ("network, packets", "net.packets.", "1/s"),
    ("memory", "memory.", "B/s"),
    ("disk, stream", "blk.", "B/s"),
    ("disk, operations", "blk.", "1/s"),
)

_HEAD = """set terminal svg size {width},{height} dynamic font "sans-serif,13" background "white"
set output "{path}"
set border 3 lc rgb "#606060"
set tics nomirror
set style fill solid noborder
"""


def _quote(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("_", "\\\\_") + '"'


def _run(script):
    subprocess.run(["gnuplot"], input=script, text=True, check=True)


def _present(figures):
    """The systems that have a value in any of the figures."""
    return [system for system in SYSTEMS if any(figure.cells[system] for figure in figures)]


def _block(name, figures, systems, factor=1.0, cut=""):
    """A data block: a line a figure, a column a system; ? where there is no value. What
    all names have in common is cut off."""
    lines = [f"${name} << END"]
    for figure in figures:
        values = [repr(figure.cells[system].median / factor) if figure.cells[system] else "?"
                  for system in systems]
        lines.append(" ".join([_quote(figure.name.removeprefix(cut).removesuffix(".entries"))] + values))
    return "\n".join(lines + ["END", ""])


def _bars(name, systems, titles=True):
    """The plot command: beside each other, one colour a system."""
    parts = [f"${name} using {column + 2}:xtic(1) lc rgb \"{COLOURS[system]}\" "
             + (f"title {_quote(SYSTEMS[system])}" if titles else "notitle")
             for column, system in enumerate(systems)]
    return "plot " + ", \\\n     ".join(parts) + "\n"


_CLUSTERS = """set datafile missing "?"
set style data histograms
set style histogram clustered gap 1.5
set boxwidth 1.0
set xtics rotate by -28 left scale 0
set grid ytics lc rgb "#d8d8d8"
"""


def _clusters(path, title, figures):
    """Bars on a logarithmic scale: one group a figure."""
    systems = _present(figures)
    low = min(cell.median for figure in figures for cell in figure.cells.values() if cell)
    script = _HEAD.format(width=max(560, 130 + 95 * len(figures)), height=470, path=path)
    script += _block("data", figures, systems) + _CLUSTERS
    script += f"set title {_quote(title)}\nset logscale y\n"
    # A bar begins somewhere: at the power of ten below the least.
    script += f"set yrange [{10.0 ** (len(str(int(max(low, 1)))) - 1) / (1 if low >= 2 else 10)}:*]\n"
    script += "set ytics (" + ", ".join(f'"{text}" {at}' for text, at in _TIME_TICKS) + ")\n"
    script += "set rmargin 12\nset key outside top center horizontal\n"
    _run(script + _bars("data", systems))


_TIME_TICKS = [(show(10.0 ** power, "ns"), 10.0 ** power) for power in range(0, 11)]


def _latencies(folder, figures):
    made = []
    for name, (title, groups) in LATENCIES.items():
        chosen = [figure for figure in figures if figure.unit == "ns" and figure.group in groups
                  and _present([figure])]
        if chosen:
            path = folder / f"latency-{name}.svg"
            _clusters(path, f"{title} (median, logarithmic, less is better)", chosen)
            made.append((path.name, title))
    return made


def _rates(folder, figures):
    """Small panels with scales of their own, beginning at 0."""
    panels = []
    for title, beginning, unit in RATES:
        chosen = [figure for figure in figures if figure.unit == unit
                  and figure.name.startswith(beginning) and _present([figure])]
        if chosen:
            panels.append((title, unit, beginning, chosen))
    if not panels:
        return []
    path = folder / "throughput.svg"
    systems = _present([figure for *_, chosen in panels for figure in chosen])
    script = _HEAD.format(width=1150, height=720, path=path) + _CLUSTERS
    script += "set multiplot layout 2,3\nset yrange [0:*]\nset key off\nset bmargin 6\nset rmargin 7\n"
    for number, (title, unit, beginning, chosen) in enumerate(panels):
        factor, name = (1e6, "MB/s") if unit == "B/s" else (1e3, "thousand a second")
        script += _block(f"data{number}", chosen, systems, factor, beginning)
        script += f"set title {_quote(title + ', ' + name)}\n"
        script += _bars(f"data{number}", systems, titles=False)
    # The last place is the legend's.
    script += ("unset title\nunset tics\nunset border\nunset grid\nset key on center center vertical\n"
               "set xrange [0:1]\nset yrange [0:1]\nplot "
               + ", ".join(f"-1 with boxes lc rgb \"{COLOURS[system]}\" title {_quote(SYSTEMS[system])}"
                           for system in systems) + "\nunset multiplot\n")
    _run(script)
    return [(path.name, "throughput (more is better)")]


def _stages(figures):
    """{system: [(stage, ms), ...]} of those that start at all."""
    by_name = {figure.name: figure for figure in figures}
    found = {}
    for system in SYSTEMS:
        parts = [(stage, by_name[f"boot.{stage}"].cells[system].median / 1e6) for stage in STAGES
                 if f"boot.{stage}" in by_name and by_name[f"boot.{stage}"].cells[system]]
        if parts:
            found[system] = parts
    return found


def _start_panel(title, stages, number, key):
    """Stacked bars, lying, one a system."""
    boxes = {stage: [] for stage in STAGES}
    labels, longest = [], max(sum(took for _, took in parts) for parts in stages.values())
    for row, parts in enumerate(stages.values()):
        at = 0.0
        for stage, took in parts:
            boxes[stage].append(f"{at} {at + took} {-row - 0.36} {-row + 0.36}")
            at += took
        labels.append(f"{at} {-row} {_quote('  ' + show(at * 1e6, 'ns'))}")
    script = "".join(f"$stage{number}_{index} << END\n" + "\n".join(lines) + "\nEND\n"
                     for index, lines in enumerate(boxes.values()) if lines)
    script += f"$label{number} << END\n" + "\n".join(labels) + "\nEND\n"
    script += f"set title {_quote(title)}\nset xrange [0:{longest * 1.12}]\n"
    script += f"set yrange [{0.6 - len(stages)}:0.6]\nset ytics scale 0 ("
    script += ", ".join(f"{_quote(SYSTEMS[system])} {-row}" for row, system in enumerate(stages)) + ")\n"
    script += "set key outside bottom center horizontal samplen 1\n" if key else "set key off\n"
    plots = [f"$stage{number}_{index} using 1:3:1:2:3:4 with boxxyerror lc rgb \"{colour}\" "
             f"title {_quote(name)}"
             for index, (stage, (name, colour)) in enumerate(STAGES.items()) if boxes[stage]]
    plots.append(f"$label{number} using 1:2:3 with labels left notitle")
    return script + "plot " + ", \\\n     ".join(plots) + "\n"


def _start(folder, figures):
    stages = _stages(figures)
    if not stages:
        return []
    totals = {system: sum(took for _, took in parts) for system, parts in stages.items()}
    quick = {system: parts for system, parts in stages.items()
             if totals[system] < max(totals.values()) / 8}
    path = folder / "start.svg"
    script = _HEAD.format(width=1000, height=560 if quick else 330, path=path)
    script += "set grid xtics lc rgb \"#d8d8d8\"\nset lmargin 14\nset rmargin 4\n"
    if quick:
        script += "set multiplot\nset size 1,0.62\nset origin 0,0.38\n"
    # The legend goes with the panel that has every stage.
    script += _start_panel("From the start of the toolstack to main, ms", stages, 0, True)
    if quick:
        script += "set size 1,0.38\nset origin 0,0\n"
        script += _start_panel("The same of the quick ones, ms", quick, 1, False) + "unset multiplot\n"
    _run(script)
    return [(path.name, "the start, stage by stage")]


def _entries(folder, figures):
    chosen = [figure for figure in figures if figure.name.removesuffix(".entries") in ENTRIES
              and figure.name.endswith(".entries") and _present([figure])]
    if not chosen:
        return []
    path = folder / "entries.svg"
    systems = _present(chosen)
    script = _HEAD.format(width=max(560, 130 + 75 * len(chosen)), height=430, path=path)
    script += _block("data", chosen, systems) + _CLUSTERS
    script += "set title \"How often one operation enters Xen (less is better)\"\nset yrange [0:*]\n"
    script += "set rmargin 12\nset key outside top center horizontal\n"
    _run(script + _bars("data", systems))
    return [(path.name, "entries into Xen an operation")]


def draw(folder, figures):
    """Draws all that there is something to draw for. {"counts": [(file, caption)], "times": ...}"""
    if not shutil.which("gnuplot"):
        raise FileNotFoundError("gnuplot is missing; install gnuplot-nox, or let make compare do it")
    return {"counts": _entries(folder, figures),
            "times": _start(folder, figures) + _latencies(folder, figures) + _rates(folder, figures)}
