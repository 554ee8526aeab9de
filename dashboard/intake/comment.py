"""What became of a finished upload, as a comment of a pull request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet

from dashboard.addresses import address, with_query
from dashboard.metrics.compare import LISTED, Category, Pair, pairs
from dashboard.metrics.run_before import previous_run
from dashboard.ui.markdown import escaped
from ingest.contract import NOT_PASSED, Status
from ingest.models import STATUS_CODES, Case, Result, Run

# Of each list; the run's page has the rest.
MOST = 10
LONGEST_NAME = 200
NEWLY: tuple[Category, ...] = ("regression", "new_failure")


def comment(run: Run, site: str) -> str:
    """Verdict, newly failing, fixed, flaky and a link; `site` is what the address begins
    with, "https://passline.example".
    """
    base = previous_run(run)
    href = site + address("run", run.pk)
    parts = [f"### [{escaped(run.name)}]({href}): {run.status}", _counts(run)]
    if base is None:
        parts.append("There is no earlier run to hold it against.")
        parts.append(_section("Failing", _failing(run), href))
    else:
        found = pairs(base, run, LISTED)
        before = site + address("run", base.pk)
        parts.append(f"Held against [{escaped(base.name)}]({before}), the run before.")
        parts.append(_section("Newly failing", _names(found, NEWLY), href))
        parts.append(_section("Fixed", _names(found, ("fixed",)), href))
        if still := _names(found, ("still_failing",)):
            parts.append(f"Still failing: {len(still):,}")
    again = with_query(href, [("attempts", "all")])
    parts.append(_section("Flaky: passed on retry", _passed_on_retry(run), again))
    return "\n\n".join(part for part in parts if part) + "\n"


def _counts(run: Run) -> str:
    told = ((getattr(run, status), status) for status in Status)
    return ", ".join(f"{number:,} {status}" for number, status in told if number)


def _names(found: Iterable[Pair], categories: Sequence[Category]) -> list[str]:
    return [pair.name for pair in found if pair.category in categories]


def _section(title: str, names: Sequence[str], href: str) -> str:
    if not names:
        return ""
    lines = [f"- {escaped(name[:LONGEST_NAME])}" for name in names[:MOST]]
    if more := len(names) - MOST if len(names) > MOST else 0:
        lines.append(f"- [and {more:,} more]({href})")
    return "\n".join([f"**{title} ({len(names):,})**", "", *lines])


def _failing(run: Run) -> list[str]:
    codes = [STATUS_CODES[status] for status in NOT_PASSED]
    failed = _finals(run).filter(status__in=codes).values("case_id")
    return _case_names(failed)


def _passed_on_retry(run: Run) -> list[str]:
    passed = _finals(run).filter(status=STATUS_CODES[Status.PASSED], attempt__gt=1)
    codes = [STATUS_CODES[status] for status in NOT_PASSED]
    failed = _rows(run).filter(is_final=False, status__in=codes)
    both = passed.filter(case_id__in=failed.values("case_id"))
    return _case_names(both.values("case_id"))


def _case_names(cases: Any) -> list[str]:
    named = Case.objects.filter(pk__in=cases).order_by("name", "pk")
    return list(named.values_list("name", flat=True))


def _finals(run: Run) -> QuerySet[Result]:
    return _rows(run).filter(is_final=True)


def _rows(run: Run) -> QuerySet[Result]:
    return Result.objects.filter(
        project_id=run.project_id,
        partition_on=run.partition_on,
        run_id=run.pk,
        removed_at__isnull=True,
    )
