# SPDX-License-Identifier: BSD-2-Clause
"""Prints figures of a device, Lodger's beside Linux's, and the bar that each is to clear: what
net/table and blk/table have in common. Each calls main() with rows of its own.

    table RAW JSON SYSTEM…      reads RAW/SYSTEM.jsonl and RAW/counts/SYSTEM/FIGURE.N; writes the
                                same table to JSON. The SYSTEMs are those of this run; of the other
                                of a mode there may be records of an earlier one: they get a star.

A ratio is Lodger's figure through Linux's. A figure is a median of the samples but the first, which
warms up. Exit status: 0; 1 if a record is missing or broken. A bar that is missed is no failure.
"""
import json
import statistics
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

MODES = ("pv", "pvh")


@dataclass(frozen=True)
class Kind:
    """What figures of one kind are told in. A bar is None if there is none to clear."""
    unit: str               # of the whole
    whole: Callable         # sample: value
    bar: float
    relation: str           # ">=" or "<="
    share: str              # what the guest's and dom0's time are told by: "KiB", "packet"
    shares: Callable        # sample: how many of these it has
    guest_bar: float
    operation: str          # what events and hypercalls are told by
    events_bar: float = None
    lossy: bool = False     # of the operations that were asked for some may be lost


class System:
    """What one system said: samples of the timed pass, and the operations of the counted one."""

    def __init__(self, raw, name):
        self.timed, self.counted, self.absent, self.complaints, self.ends = {}, {}, {}, [], 0
        self.http = {}  # (server, whether connections are kept): samples
        self.name = name
        path = raw / f"{name}.jsonl"
        self.known = path.exists()
        passes = []
        for line in path.read_text().splitlines() if self.known else []:
            record = json.loads(line)
            if record["record"] == "start":
                passes.append({})
            elif record["record"] == "meter":
                passes[-1].setdefault(record["name"], []).append(record)
            elif record["record"] == "http":
                self.http.setdefault((record["server"], record["kept"]), []).append(record)
                if record["errors"] or record["requests"] == 0:
                    self.complaints.append(f"{name}: {record['server']}: {record['requests']} "
                                           f"requests; wrk says: {record['errors']}")
            elif record["record"] == "absent":
                self.absent[record["name"]] = record["reason"]
            elif record["record"] == "end":
                self.ends += 1
        if self.ends != len(passes):
            self.complaints.append(f"{name}: {len(passes)} begins of the program, {self.ends} ends")
        if passes:
            self.timed = {figure: samples[1:] for figure, samples in passes[0].items()}
        for figure, samples in passes[1].items() if len(passes) > 1 else []:
            counts = self.counts(raw / "counts" / name, figure)
            if counts is not None:
                self.counted[figure] = (counts, samples[-1])

    @staticmethod
    def counts(folder, figure):
        """Of the last sample, the sum of its pieces."""
        files = [file for file in folder.glob(figure + ".*") if file.name[len(figure) + 1:].isdigit()]
        if not files:
            return None
        sums = {}
        for line in max(files, key=lambda file: int(file.suffix[1:])).read_text().splitlines():
            for kind, counts in json.loads(line).items():
                if isinstance(counts, dict):
                    for name, times in counts.items():
                        sums[kind, name] = sums.get((kind, name), 0) + times
        return sums

    def median(self, figure, value):
        samples = [value(sample) for sample in self.timed.get(figure, [])]
        return statistics.median(samples) if samples else None

    def per_operation(self, figure, kinds):
        if figure not in self.counted:
            return None
        counts, sample = self.counted[figure]
        return sum(times for (kind, _), times in counts.items() if kind in kinds) / \
            sample["operations"]


def by_operation(sample):
    return sample["operations"]


def megabytes(sample):
    """A second."""
    return sample["operations"] * sample["bytes"] / sample["elapsed_ns"] * 1e3


def microseconds(sample):
    return sample["elapsed_ns"] / sample["operations"] / 1e3


def rate(sample):
    return sample["operations"] / sample["elapsed_ns"] * 1e9


def figure_rows(figure, name, kind, lodger, linux):
    """(what, unit, Lodger's, Linux's, bar or None, relation), if one of them has the figure."""
    if figure not in lodger.timed and figure not in linux.timed:
        return

    def row(what, unit, value, bar=None, relation="<="):
        return f"{name}: {what}", unit, value(lodger), value(linux), bar, relation

    def median(value):
        return lambda system: system.median(figure, value)

    def calls(*kinds):
        return lambda system: system.per_operation(figure, kinds)

    yield row("whole", kind.unit, median(kind.whole), kind.bar, kind.relation)
    for what, whose, bar in ("guest's time", "guest_ns", kind.guest_bar), ("dom0's time", "dom0_ns", None):
        yield row(what, "ns/" + kind.share, median(
            lambda sample, whose=whose: sample[whose] / kind.shares(sample)), bar)
    each = "1/" + kind.operation
    if kind.lossy:
        yield row("lost", "%", median(
            lambda sample: 100 - 100 * sample["operations"] / sample["asked"]))
    yield row("events", each, median(
        lambda sample: (sample["events_out"] + sample["events_in"]) / sample["operations"]),
        kind.events_bar)
    yield row("hypercalls", each, calls("hypercalls", "subcalls"), kind.events_bar)
    yield row("exits and traps", each, calls("exits", "traps", "emulations"))


def show(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"


def verdict(ratio, bar, relation):
    if bar is None:
        return "", ""
    met = None if ratio is None else ratio >= bar if relation == ">=" else ratio <= bar
    return f"{relation} {bar}", {None: "-", True: "met", False: "MISSED"}[met]


def mode_print(mode, systems, measured, rows):
    """Its rows for the JSON."""
    heads = [system.name.split("-")[0].capitalize() + (" *" if system.name not in measured else "")
             for system in systems]
    print(f"\n{mode.upper():56} {heads[0]:>10} {heads[1]:>10} {'ratio':>7}  bar")
    for what, unit, ours, theirs, bar, relation in rows(*systems):
        ratio = ours / theirs if ours is not None and theirs else None
        wanted, word = verdict(ratio, bar, relation)
        print(f"{what + ', ' + unit:56} {show(ours):>10} {show(theirs):>10} "
              f"{show(ratio):>7}  {wanted:7} {word}".rstrip())
        yield {"mode": mode, "figure": what, "unit": unit, "lodger": ours, "linux": theirs,
               "ratio": ratio, "bar": wanted, "verdict": word}


def main(arguments, rows):
    """rows(lodger, linux) yields what figure_rows() does."""
    raw, output, measured = Path(arguments[0]), Path(arguments[1]), arguments[2:]
    document, complaints = [], []
    for mode in MODES:
        systems = [System(raw, f"{name}-{mode}") for name in ("lodger", "linux")]
        if not {system.name for system in systems} & set(measured):
            continue
        for system in systems:
            complaints += system.complaints
            complaints += [f"{system.name}: {figure}: {reason}" for figure, reason in system.absent.items()]
            if not system.known and system.name in measured:
                complaints.append(f"{system.name}: there are no records")
        document += mode_print(mode, systems, measured, rows)
    output.write_text(json.dumps(document, indent=1) + "\n")
    missed = sum(row["verdict"] == "MISSED" for row in document)
    print(f"\n{missed} bars missed; written to {output}")
    for complaint in complaints:
        print("missing: " + complaint, file=sys.stderr)
    return 1 if complaints else 0
