# SPDX-License-Identifier: BSD-2-Clause
"""Whether a figure repeats: between the runs of one report, and between two reports.

Counted figures must be equal; the medians of timed ones must lie within 10 % of each other.
"""
from reporting.records import SYSTEMS
from reporting.units import percent


def apart(values, allowed, slack):
    """How far values lie apart, as a part of the greatest; 0 if that is within what is allowed."""
    least, greatest = min(values), max(values)
    if greatest - least <= slack:
        return 0.0
    part = (greatest - least) / max(abs(least), abs(greatest))
    return part if part > allowed else 0.0


def _lines(differences):
    """Sentences from {figure: {system: part}}. Where the hypercalls differ as the entries of the
    same operation do, they are not told again."""
    said = []
    for name, parts in differences.items():
        base = name.removesuffix(".hypercalls")
        if base != name and differences.get(base + ".entries", {}).keys() >= parts.keys():
            continue
        if parts:
            said.append(f"medians differ: {name}: " + ", ".join(
                f"{SYSTEMS[system]} by {percent(part)}" for system, part in parts.items()))
    return said


def within(figures):
    """The figures whose runs differ more than they may, as sentences."""
    return _lines({
        figure.name: {system: part for system, cell in figure.cells.items()
                      if cell and (part := apart(cell.runs, figure.allowed, figure.slack))}
        for figure in figures})


def _has(figures, system):
    return any("median" in figure["cells"].get(system, {}) for figure in figures.values())


def between(before, after):
    """Compares two report.json. Gives the differences as sentences, and how many were compared."""
    old, new = ({figure["name"]: figure for figure in document["figures"]}
                for document in (before, after))
    said, differences, compared, both = [], {}, 0, []
    for system, title in SYSTEMS.items():
        present = [_has(of, system) for of in (old, new)]
        if all(present):
            both.append(system)
        elif any(present):
            said.append(f"{title}: in the {'earlier' if present[0] else 'later'} report only")
    for name in sorted(old.keys() | new.keys()):
        cells = [of.get(name, {"cells": {}})["cells"] for of in (old, new)]
        for system in both:
            medians = [of.get(system, {}).get("median") for of in cells]
            if None in medians:
                if medians != [None, None]:
                    said.append(f"{name} of {SYSTEMS[system]}: in the "
                                f"{'later' if medians[0] is None else 'earlier'} report only")
                continue
            compared += 1
            if part := apart(medians, new[name]["allowed"], new[name]["slack"]):
                differences.setdefault(name, {})[system] = part
    return said + _lines(differences), compared
