"""How counts and rates read."""

from __future__ import annotations

from collections.abc import Sequence

NAMES_AT_MOST = 3


def listed_names(names: Sequence[str]) -> str:
    """ "A", "A and B", "A, B and 4 more"."""
    shown = [name[:80] for name in names]
    if len(shown) > NAMES_AT_MOST:
        return f"{shown[0]}, {shown[1]} and {len(shown) - 2} more"
    *most, last = shown
    return f"{', '.join(most)} and {last}" if most else last


DASH = "\N{EN DASH}"


def count(number: int) -> str:
    """12345 -> "12,345"."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """(1, "run") -> "1 run", (2, "run") -> "2 runs"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def count_parts(number: int) -> tuple[tuple[str, str], ...]:
    """For key figures only: 336982 -> (("337.0", "k"),); below 10,000 whole."""
    if number < 10_000:
        return ((count(number), ""),)
    if number < 999_950:
        return ((f"{number / 1e3:.1f}", "k"),)
    return ((f"{number / 1e6:.2f}", "M"),)


def percent(rate: float | None) -> str:
    """A rate 0-1 with one decimal: 0.9372 -> "93.7%"; None -> a dash.

    A rate below 1 never reads 100.0%, one above 0 never 0.0%.
    """
    if rate is None:
        return DASH
    return f"{_percent_number(rate)}%"


def percent_parts(rate: float | None) -> tuple[tuple[str, str], ...]:
    """For key figures: (("93.7", "%"),)."""
    return ((DASH, ""),) if rate is None else ((_percent_number(rate), "%"),)


def _percent_number(rate: float) -> str:
    shown = f"{100 * rate:.1f}"
    if shown == "100.0" and rate < 1:
        return "99.9"
    if shown == "0.0" and rate > 0:
        return "0.1"
    return shown


def rows_range(first: int, last: int, total: int) -> str:
    """ "1-50 of 61" with an en dash; "none" without rows."""
    if not total:
        return "none"
    return f"{count(first)}{DASH}{count(last)} of {count(total)}"
