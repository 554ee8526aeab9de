"""How counts and rates read."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal

NAMES_AT_MOST = 3
# The steps in which per cents are printed.
_TENTH, _ONE = Decimal("0.1"), Decimal(1)
_LEAST_WHOLE_SCORE = 0.0095


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


def file_size(size: int) -> str:
    """312 B, 4.2 kB, 18.0 MB; of bytes, by thousands."""
    if size < 1_000:
        return f"{max(size, 0)} B"
    for power, unit in enumerate(("kB", "MB", "GB"), 1):
        if size < 999_950 * 1_000 ** (power - 1) or unit == "GB":
            return f"{size / 1_000**power:,.1f} {unit}"
    return ""


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

    Only 1 reads "100.0%" and only 0 "0.0%": what is between is "99.9%" or "<0.1%".
    """
    return DASH if rate is None else f"{_printed(rate, _TENTH, ROUND_HALF_EVEN)}%"


def percent_parts(rate: float | None) -> tuple[tuple[str, str], ...]:
    """For key figures: (("93.7", "%"),)."""
    return ((DASH, ""),) if rate is None else ((percent(rate)[:-1], "%"),)


def percent_below(rate: float) -> str:
    """A lower bound, rounded down, so that it is one of what is printed beside it."""
    return f"{_printed(rate, _TENTH, ROUND_FLOOR)}%"


def percent_above(rate: float) -> str:
    """An upper bound, rounded up: 0.04812 -> "4.9%", and ">99.9%" below 1."""
    return f"{_printed(rate, _TENTH, ROUND_CEILING)}%"


def between(low: float, high: float) -> str:
    """ "95 % between 91.1% and 94.0%"."""
    return f"95 % between {percent_below(low)} and {percent_above(high)}"


def whole_percent(rate: float) -> str:
    """A rate 0-1 without decimals: "27%"; "99%" and "<1%" next to the ends."""
    return f"{_printed(rate, _ONE, ROUND_HALF_EVEN)}%"


def score(rate: float) -> str:
    """A flake rate 0-1 in per cent without the sign: "12", and "0.4" below one."""
    return _score(rate, ROUND_HALF_EVEN)


def score_range(low: float, high: float) -> str:
    """The bounds of a flake rate, rounded outwards: "27-46" with an en dash."""
    return f"{_score(low, ROUND_FLOOR)}{DASH}{score_above(high)}"


def score_above(rate: float) -> str:
    """The upper bound of a flake rate, rounded up."""
    return _score(rate, ROUND_CEILING)


def _score(rate: float, rounding: str) -> str:
    step = _ONE if rate >= _LEAST_WHOLE_SCORE else _TENTH
    return _printed(rate, step, rounding).removesuffix(".0")


def _printed(rate: float, step: Decimal, rounding: str) -> str:
    # Of what the number says in decimals: 100 * 0.29 is less than 29 in floats.
    exact = 100 * Decimal(str(rate))
    shown = exact.quantize(step, rounding)
    if shown <= 0 < exact:
        return f"<{step}"
    if shown >= 100 > exact:
        return f"{'>' if rounding == ROUND_CEILING else ''}{100 - step}"
    return str(shown)


def rows_range(first: int, last: int, total: int) -> str:
    """ "1-50 of 61" with an en dash; "none" without rows."""
    if not total:
        return "none"
    return f"{count(first)}{DASH}{count(last)} of {count(total)}"
