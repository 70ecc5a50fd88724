# SPDX-License-Identifier: BSD-2-Clause
"""Whether a figure repeats: between the runs of one report, and between two reports.

Counted figures must be equal; the medians of timed ones must lie within 10 % of each other.
"""
from reporting.records import SYSTEMS
from reporting.units import percent


def within(figures):
    """The figures whose runs differ more than they may, as sentences."""
    said = []
    for figure in figures:
        apart = {system: cell.spread() for system, cell in figure.cells.items()
                 if cell and cell.spread() > figure.allowed}
        if apart:
            said.append(f"medians differ: {figure.name}: " + ", ".join(
                f"{SYSTEMS[system]} by {percent(part)}" for system, part in apart.items()))
    return said


def _cells(document):
    return {(figure["name"], system): (cell["median"], figure["allowed"])
            for figure in document["figures"]
            for system, cell in figure["cells"].items() if "median" in cell}


def between(before, after):
    """Compares two report.json. Gives the differences as sentences, and how many were compared."""
    old, new = _cells(before), _cells(after)
    said = []
    for key in sorted(old.keys() ^ new.keys()):
        which = "earlier" if key in old else "later"
        said.append(f"{key[0]} of {SYSTEMS[key[1]]}: in the {which} report only")
    for key in sorted(old.keys() & new.keys()):
        (was, allowed), (now, _) = old[key], new[key]
        apart = abs(now - was) / max(abs(was), abs(now)) if now != was else 0.0
        if apart > allowed:
            said.append(f"medians differ: {key[0]}: {SYSTEMS[key[1]]} by {percent(apart)}, "
                        f"{was:g} and {now:g}")
    return said, len(old.keys() & new.keys())
