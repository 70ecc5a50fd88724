# SPDX-License-Identifier: BSD-2-Clause
"""Numbers as a person reads them."""

_SCALES = {
    "ns": ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1, "ns")),
    "B/s": ((1e9, "GB/s"), (1e6, "MB/s"), (1e3, "kB/s"), (1, "B/s")),
    "B": ((1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B")),
    "1/s": ((1, "/s"),),
    "count": ((1, ""),),
}


def digits(value):
    """Three significant digits, and all of those before the point: 0.123, 12.3, 12,300."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    for limit, places in ((100, 0), (10, 1), (1, 2)):
        if abs(value) >= limit:
            return f"{value:,.{places}f}"
    return f"{value:.3g}"


def scale(value, unit):
    """The factor and the name of the unit in which the value is best read."""
    for factor, name in _SCALES[unit]:
        if abs(value) >= factor:
            return factor, name
    return _SCALES[unit][-1]


def show(value, unit):
    factor, name = scale(value, unit)
    value = value / factor
    # A time of 66.9999 ns is no better than one of 67.
    if unit in ("ns", "B/s", "1/s") and abs(value) >= 100:
        value = round(value)
    return f"{digits(value)} {name}".strip()


def percent(part):
    return f"{100 * part:.3g} %"
