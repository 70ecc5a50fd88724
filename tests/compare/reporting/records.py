# SPDX-License-Identifier: BSD-2-Clause
"""Reads the raw outputs: what each system said in each run.

raw/SYSTEM.RUN.jsonl holds one record a line, those of the program (see docs/benchmarks.md) and
those of tests/compare/compare.dom0, which come in the same form:

    start, end      the program began and ended; end counts the figures between them
    figure          samples of something: min, median, p99, max, in a unit
    absent          why there is no such figure; the name may be a pattern with *
    stage           a stage of the start was reached, at a wall-clock time in ns
    mark            the next marked piece of Xen's trace is so many operations of this figure
    exits           what Xen's trace has of a piece (tests/bench/exits)
    failed          something that should have worked did not, and why

A figure that is told twice in a run, an end that does not count right, a line that is no record:
each is a failure of that system, and is reported as one. Nothing is passed over in silence.
"""
import fnmatch
import json
import math
import re
from pathlib import Path

from reporting.exits import piece_figures

# The columns of the comparison, in this order.
SYSTEMS = {
    "lodger-pv": "Lodger PV",
    "lodger-pvh": "Lodger PVH",
    "lodger-hvm": "Lodger HVM",
    "linux-pv": "Linux PV",
    "linux-pvh": "Linux PVH",
    "linux-process": "Linux process",
}

# Units whose value is counted and must repeat exactly; those of time may scatter.
COUNTED = ("count", "B")
TIMED = ("ns", "B/s", "1/s")


class Run:
    """What one system said in one run."""

    def __init__(self):
        self.figures = {}       # name: record
        self.absent = {}        # name or pattern: reason
        self.stages = []        # (name, ns), in the order in which they were told
        self.failures = []      # sentences

    def reason(self, name):
        """Why there is no figure of this name; None if nothing was said of it."""
        if name in self.absent:
            return self.absent[name]
        for pattern in sorted(self.absent, key=len, reverse=True):
            if fnmatch.fnmatchcase(name, pattern):
                return self.absent[pattern]
        return self.failures[0] if self.failures else None


def _check_figure(record):
    """The record if it is one, else ValueError says what is wrong with it."""
    unit = record["unit"]
    if unit not in COUNTED + TIMED:
        raise ValueError(f"unit {unit!r} of {record['name']}")
    numbers = [record[key] for key in ("min", "median", "p99", "max")]
    for number in numbers:
        if isinstance(number, bool) or not isinstance(number, (int, float)) \
                or not math.isfinite(number):
            raise ValueError(f"{number!r} in {record['name']}")
    if numbers[0] > numbers[1] or numbers[1] > numbers[3]:
        raise ValueError(f"min, median and max of {record['name']} are out of order")
    return record


class _Reader:
    def __init__(self, system):
        self.system = system
        self.run = Run()
        self.marks = []             # (name, operations)
        self.pieces = []            # of the trace, in the marks' order
        self.since_start = None     # figures since the program began, while it runs

    def take(self, record):
        kind = record["record"]
        if kind == "figure":
            self._figure(record)
            # Those of the runner come after the end or before the start.
            if self.since_start is not None:
                self.since_start += 1
        elif kind == "absent":
            self.run.absent[record["name"]] = str(record["reason"])
        elif kind == "stage":
            self.run.stages.append((record["name"], int(record["at_ns"])))
        elif kind == "failed":
            self.run.failures.append(str(record["reason"]))
        elif kind == "start":
            self._ended_in_time()
            self.since_start = 0
        elif kind == "end":
            if record["figures"] != self.since_start:
                self.run.failures.append(
                    f"the program counts {record['figures']} figures, {self.since_start} arrived")
            self.since_start = None
        elif kind == "mark":
            self.marks.append((record["name"], int(record["operations"])))
        elif kind == "exits" and record["piece"] == "boot":
            self._piece("boot", 1, record)
        elif kind == "exits":
            self.pieces.append(record)
        else:
            raise ValueError(f"record {kind!r}")

    def _figure(self, record):
        name = _check_figure(record)["name"]
        if name in self.run.figures:
            self.run.failures.append(f"{name} was told twice")
        self.run.figures[name] = record

    def _piece(self, name, operations, piece):
        for figure in piece_figures(self.system, name, operations, piece):
            self._figure(figure)

    def _pieces(self):
        """The nth piece of the trace is that of the nth mark."""
        if len(self.marks) != len(self.pieces):
            self.run.failures.append(f"the program marked {len(self.marks)} pieces, "
                                     f"{len(self.pieces)} are in Xen's trace")
            return
        for (name, operations), piece in zip(self.marks, self.pieces):
            self._piece(name, operations, piece)

    def _ended_in_time(self):
        if self.since_start is not None:
            self.run.failures.append("the program began and never told its end")

    def finish(self):
        self._ended_in_time()
        self._pieces()
        return self.run


def read_run(path, system):
    """One file. A line that cannot be understood is a failure of the run, not of the report."""
    reader = _Reader(system)
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        if not line.strip():
            continue
        try:
            reader.take(json.loads(line))
        except (ValueError, KeyError, TypeError) as error:
            reader.run.failures.append(f"{path.name}:{number} is not understood ({error})")
    return reader.finish()


def read_runs(folder):
    """{system: [Run, ...]}, in the order of SYSTEMS and of the runs' numbers."""
    runs = {system: {} for system in SYSTEMS}
    for path in Path(folder).glob("*.jsonl"):
        match = re.fullmatch(r"([a-z-]+)\.([0-9]+)\.jsonl", path.name)
        if not match or match[1] not in runs:
            raise ValueError(f"{path}: no SYSTEM.RUN.jsonl of a system that is compared")
        runs[match[1]][int(match[2])] = read_run(path, match[1])
    return {system: [of[number] for number in sorted(of)] for system, of in runs.items()}
