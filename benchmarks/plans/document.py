"""What was found as the text of docs/query-plans.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

import sqlparse

from benchmarks.plans.plan import lines_of
from benchmarks.plans.statements import Statement, Watched, form_of

LONGEST_SQL_LINES, WIDEST = 20, 118
_COLUMNS = re.compile(
    r"SELECT (DISTINCT )?((?:[^(),]+, ){3})(?:[^(),]+, )*[^(),]+ FROM "
)
_SUM = r"(?:SUM|COUNT)\([^()]*\)(?: FILTER \(WHERE [^()]*\))? AS \w+"
_SUMS = re.compile(rf"({_SUM}, )(?:{_SUM}, )+{_SUM}")

_HEAD = """\
# Query plans

Written by `python -m benchmarks.plans FOLDER > docs/query-plans.md` on {on}, on a folder with
{results:,} results that `benchmarks.scale` filled: the {number} statements that the {pages} pages and
metrics of `benchmarks.pages` wait for longest, each page asked for with an empty cache, the
quickest of three times. All {count:,} statements took {total:,.0f} ms together, these {of_them:,.0f} ms.

Lists of columns, sums and values are cut. A step that was done in several months, several times
or by several processes is one line with all their rows and times together. What is copied from
the tables into columns is not among them: it was there.
"""


def document(
    heaviest: Sequence[Statement],
    watched: Watched,
    *,
    on: date,
    results: int,
    pages: int,
) -> str:
    head = _HEAD.format(
        number=len(heaviest),
        pages=pages,
        results=results,
        on=on,
        count=watched.count,
        total=watched.total_ms,
        of_them=sum(one.total_ms for one in heaviest),
    )
    return "\n".join(
        [
            head,
            "| | ms together | calls | slowest, ms | asked by |",
            "|---|---|---|---|---|",
            *(_row(number, one) for number, one in enumerate(heaviest, 1)),
            *(_section(number, one) for number, one in enumerate(heaviest, 1)),
        ]
    )


def _row(number: int, of: Statement) -> str:
    pages = len({call.path for call in of.calls.values()})
    others = f" and {pages - 1} more" if pages > 1 else ""
    return (
        f"| {number} | {of.total_ms:.0f} | {len(of.calls)} | {of.slowest.took_ms:.0f} "
        f"| `{of.slowest.path}`{others} |"
    )


def _section(number: int, of: Statement) -> str:
    return "\n".join(
        [
            f"\n## {number}. `{of.slowest.path}`\n",
            "```sql",
            *readable(of.sql),
            "```\n",
            "```text",
            *(line[:WIDEST] for line in lines_of(of.plan)),
            "```",
        ]
    )


def readable(sql: str) -> list[str]:
    """The statement in lines, without quotes and most of its columns."""
    said = sqlparse.format(form_of(sql).replace('"', ""), strip_comments=True)
    plain = _SUMS.sub(r"\1…", " ".join(said.split()))
    plain = _COLUMNS.sub(r"SELECT \1\2… FROM ", plain)
    lines = sqlparse.format(plain, reindent=True).splitlines()
    shown = [line[:WIDEST] for line in lines if line.strip()]
    if len(shown) > LONGEST_SQL_LINES:
        left = len(shown) - LONGEST_SQL_LINES
        shown = [*shown[:LONGEST_SQL_LINES], f"-- and {left} more lines"]
    return shown
