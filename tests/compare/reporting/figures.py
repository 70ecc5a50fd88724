# SPDX-License-Identifier: BSD-2-Clause
"""Turns the runs into a table: one row a figure, one cell a system.

A cell holds the median over the runs of each run's median (of its p99, likewise; the least of the
minima, the greatest of the maxima), and the runs' own medians, by which it can be seen whether the
figure repeats. A cell without a value holds the reason for it.
"""
import statistics

from reporting.records import COUNTED, SYSTEMS

# The stages that dom0 tells.
DOM0_STAGES = ("begin", "created", "unpaused")
# Which stage each system calls its first; the time before it is the toolstack's and firmware's.
FIRST_STAGES = ("first-instruction", "kernel")
# Sizes that the kernels and allocators of others decide upon, so that they scatter as times do.
SCATTERED = ("domain.dom0-memory",)
# Two clocks tell of this stage, dom0's before it and the domain's after: they agree so far (ns).
CLOCKS_AGREE = {"boot.first-instruction": 300_000}
# Medians of times that lie this close to each other are said to repeat.
TOLERANCE = 0.10


class Cell:
    def __init__(self, records=None, reason=None):
        self.reason = reason
        self.runs = [record["median"] for record in records or []]
        if not self.runs:
            return
        self.median = statistics.median(self.runs)
        self.p99 = statistics.median(record["p99"] for record in records)
        self.min = min(record["min"] for record in records)
        self.max = max(record["max"] for record in records)
        self.samples = records[0].get("samples", 1)
        self.batch = records[0].get("batch", 1)
        self.parts = records[0].get("parts")    # of the first run: what a count consists of

    def __bool__(self):
        return bool(self.runs)


class Figure:
    def __init__(self, name, unit, cells):
        self.name = name
        self.group = name.split(".", 1)[0]
        self.unit = unit
        self.cells = cells      # {system: Cell}, every system

    @property
    def counted(self):
        return self.unit in COUNTED

    @property
    def allowed(self):
        """How far its medians may lie apart and be called repeated."""
        return 0.0 if self.counted and self.name not in SCATTERED else TOLERANCE

    @property
    def slack(self):
        """Differences up to this say nothing."""
        return CLOCKS_AGREE.get(self.name, 0)


def _single(name, value):
    return {"name": name, "unit": "ns", "samples": 1, "batch": 1,
            "min": value, "median": value, "p99": value, "max": value}


def stage_records(stages):
    """The stages of one run as figures: each tells the time since the one before it.

    What lies between "created" and "unpaused" is the measuring's own work and is left out, as is
    what comes before the beginning (a process tells of dom0's kernel) and after main.
    """
    records, total, before = {}, 0, None
    begin = min((at_ns for name, at_ns in stages if name == "begin"), default=0)
    # dom0's stages come before the domain's, even if the two clocks should say otherwise.
    for name, at_ns in sorted(stages, key=lambda stage: (stage[0] not in DOM0_STAGES, stage[1])):
        if at_ns < begin:
            continue
        if name in FIRST_STAGES:
            name = FIRST_STAGES[0]
        if before is not None and name != "unpaused":
            took = max(0, at_ns - before)
            records[f"boot.{name}"] = _single(f"boot.{name}", took)
            total += took
        before = at_ns
        if name == "main":
            records["boot.total"] = _single("boot.total", total)
            break
    return records


def _cell(name, runs):
    records = [run.figures[name] for run in runs if name in run.figures]
    if records:
        return Cell(records)
    return Cell(reason=next(filter(None, (run.reason(name) for run in runs)), None))


def _unit(name, runs):
    """The unit of a figure. That two systems give it in two units would be a mistake of ours."""
    units = {run.figures[name]["unit"] for of in runs.values() for run in of
             if name in run.figures}
    if len(units) != 1:
        raise ValueError(f"{name} is given in different units: {', '.join(sorted(units))}")
    return units.pop()


def tabulate(runs):
    """[Figure, ...] in the order in which the systems first told of them."""
    names = {}
    for of in runs.values():
        for run in of:
            run.figures.update(stage_records(run.stages))
            run.stages = []
            names.update(dict.fromkeys(run.figures))
    return [Figure(name, _unit(name, runs), {system: _cell(name, runs[system]) for system in SYSTEMS})
            for name in names]


def unexplained(figures):
    """The cells that are empty and do not say why."""
    return [(figure.name, system) for figure in figures
            for system, cell in figure.cells.items() if not cell and not cell.reason]


def incomplete(figures, runs):
    """The cells whose figure some of the system's runs gave and others did not."""
    return [(figure.name, system) for figure in figures
            for system, cell in figure.cells.items() if cell and len(cell.runs) != len(runs[system])]
