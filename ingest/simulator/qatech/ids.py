"""QA.tech's ids: bare short ids, prefixed short ids and UUIDs, the same in each start."""

from __future__ import annotations

import re
from uuid import NAMESPACE_URL, uuid5

from ingest.simulator.world import SimCase, SimProject, SimRun

LOWER = "abcdefghijklmnopqrstuvwxyz"
DIGITS = LOWER + LOWER.upper() + "0123456789"
RUN_BITS, RESULT_BITS = 20, 20
# Odd factors: multiplying by one is a permutation of the numbers of so many bits.
RUN_FACTOR, RESULT_FACTOR = 0x5DEE7, 0x5DEECE66D


def run_id(run: SimRun) -> str:
    """Mixed case, no prefix, of several lengths, like UkxK."""
    return _short(run.number, RUN_BITS, RUN_FACTOR)


def execution_id(run: SimRun, number: int) -> str:
    """The short id of the result with this number in the run."""
    bits = RUN_BITS + RESULT_BITS
    return _short(run.number << RESULT_BITS | number, bits, RESULT_FACTOR)


def read_execution_id(short_id: str) -> tuple[int, int]:
    """The numbers of run and result; (0, 0) for an id that was never given out."""
    value = _read_short(short_id, RUN_BITS + RESULT_BITS, RESULT_FACTOR)
    return value >> RESULT_BITS, value & ((1 << RESULT_BITS) - 1)


def project_id(project: SimProject) -> str:
    """Every other project's id carries its name: `proj_abc` or `proj-name_abc`."""
    return prefixed("proj", project, project.name if project.number % 2 else "")


def prefixed(prefix: str, project: SimProject, name: str = "", number: int = 0) -> str:
    slug = "-" + re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") if name else ""
    code = _short(project.number * 1000 + number + len(prefix), RUN_BITS, RUN_FACTOR)
    return f"{prefix}{slug}_{code}"


def run_uuid(run: SimRun) -> str:
    return str(uuid5(NAMESPACE_URL, f"run/{run.number}"))


def execution_uuid(run: SimRun, number: int) -> str:
    return str(uuid5(NAMESPACE_URL, f"run/{run.number}/{number}"))


def case_uuid(project: SimProject, case: SimCase) -> str:
    return str(uuid5(NAMESPACE_URL, f"project/{project.number}/case/{case.number}"))


def _short(number: int, bits: int, factor: int) -> str:
    """Neighbouring numbers get ids that differ in nothing but upper and lower case."""
    half, is_odd = divmod(number, 2)
    rest = half * factor % (1 << bits)
    rest, first = divmod(rest, len(LOWER))
    text = LOWER[first]
    while rest:
        rest, digit = divmod(rest, len(DIGITS))
        text += DIGITS[digit]
    return text.swapcase() if is_odd else text


def _read_short(text: str, bits: int, factor: int) -> int:
    is_odd = text[:1].isupper()
    plain = text.swapcase() if is_odd else text
    if not re.fullmatch(r"[a-z][A-Za-z0-9]{0,9}", plain, re.ASCII):
        return 0
    rest = 0
    for letter in reversed(plain[1:]):
        rest = rest * len(DIGITS) + DIGITS.index(letter)
    rest = rest * len(LOWER) + LOWER.index(plain[0])
    half = rest * pow(factor, -1, 1 << bits) % (1 << bits)
    number = 2 * half + is_odd
    return number if _short(number, bits, factor) == text else 0
