"""Testmo's page envelope, its filters and what it refuses as invalid."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any

from ingest.simulator.server import Request
from ingest.simulator.testmo.statuses import Body

LIST_SIZES = frozenset({15, 25, 50, 100})
TEST_SIZES = range(100, 1001)
DEFAULT_SIZE = 100


class InvalidError(Exception):
    """One field of the request is invalid: answered by 422."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field, self.sentence = field, sentence


def paged(
    request: Request,
    rows: Sequence[Any],
    body: Callable[[Any], Body],
    sizes: Collection[int] = LIST_SIZES,
) -> Body:
    """The envelope without `expands`; `body` is made only for the rows of the page."""
    page, per_page = _number(request, "page", 1), _per_page(request, sizes)
    if page < 1:
        raise InvalidError("page", "The page must be at least 1.")
    last_page = max(1, -(-len(rows) // per_page))
    chosen = rows[(page - 1) * per_page : page * per_page]
    return {
        "page": page,
        "prev_page": page - 1 if page > 1 else None,
        "next_page": page + 1 if page < last_page else None,
        "last_page": last_page,
        "per_page": per_page,
        "total": len(rows),
        "result": [body(row) for row in chosen],
    }


def ordered(
    request: Request,
    rows: Sequence[Any],
    keys: dict[str, Callable[[Any], Any]],
) -> list[Any]:
    """Sorted by one of the allowed keys, the first by default, newest first."""
    sort = request.get("sort") or next(iter(keys))
    order = request.get("order") or "desc"
    if sort not in keys:
        raise InvalidError("sort", f"The sort must be one of: {', '.join(keys)}.")
    if order not in ("asc", "desc"):
        raise InvalidError("order", "The order must be asc or desc.")
    return sorted(rows, key=keys[sort], reverse=order == "desc")


def within(request: Request, name: str, moment: datetime | None) -> bool:
    """Whether the moment fits `NAME_after` and `NAME_before`, both exclusive.

    Compared in whole milliseconds, which is all that a client was told.
    """
    after = _moment(request, f"{name}_after")
    before = _moment(request, f"{name}_before")
    if after is None and before is None:
        return True
    if moment is None:
        return False
    told = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    return (after is None or told > after) and (before is None or told < before)


def among(request: Request, name: str, value: object) -> bool:
    """Whether the value is in the comma-separated filter, if there is one."""
    wanted = request.values(name)
    return not wanted or str(value) in wanted


def flag(request: Request, name: str) -> bool | None:
    """A boolean filter given as 0, 1, true or false; None when it is absent."""
    text = request.get(name)
    if text == "":
        return None
    if text not in ("0", "1", "true", "false"):
        raise InvalidError(name, f"The {name} field must be true or false.")
    return text in ("1", "true")


def expands_of(request: Request, allowed: Collection[str]) -> list[str]:
    wanted = request.values("expands")
    for name in wanted:
        if name not in allowed:
            raise InvalidError("expands", f"The expand {name} is not supported here.")
    return wanted


def _per_page(request: Request, sizes: Collection[int]) -> int:
    per_page = _number(request, "per_page", DEFAULT_SIZE)
    if per_page not in sizes:
        raise InvalidError("per_page", "The selected per page is invalid.")
    return per_page


def _number(request: Request, name: str, default: int) -> int:
    text = request.get(name)
    if not text:
        return default
    if not text.lstrip("-").isdigit():
        raise InvalidError(name, f"The {name} must be an integer.")
    return int(text)


def _moment(request: Request, name: str) -> datetime | None:
    text = request.get(name)
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        sentence = f"The {name} is not a valid date."
        raise InvalidError(name, sentence) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
