"""Around a result: how its test went before and after, and who failed alike."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.one_result import ALIKE_DAYS, api_id
from dashboard.pages.results.result_data import ResultData
from dashboard.ui import links
from dashboard.ui.lengths import Name, Prose
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Link, Number, Strip
from dashboard.ui.run_rows import run_label, run_name
from dashboard.ui.run_strips import run_strip
from dashboard.ui.text import numbers
from ingest.contract import Status
from ingest.models import STATUS_OF_CODE, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A result beside this one, with what tells the two apart."""

    label: str
    name: Name
    href: str
    status: Status
    result: Result


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesCard:
    """`place` names the series: its configuration and branch."""

    place: Prose
    strip: Strip | None
    beside: tuple[Beside, ...]
    every: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class AlikeCard:
    """`number` leads to exactly the results that it counts; this one is among them."""

    number: Number
    rest: str
    others: tuple[Beside, ...]
    days: int = ALIKE_DAYS


def series_card(data: ResultData) -> SeriesCard | None:
    """None where its test ran once there."""
    run = data.run
    configuration = run.configuration.name if run.configuration else ""
    before, after = data.neighbours
    if before is None and after is None:
        return None
    found = (("Before", before), ("After", after))
    return SeriesCard(
        place=" · ".join(part for part in (run.branch, configuration) if part),
        strip=_strip(data),
        beside=tuple(_beside(label, one) for label, one in found if one),
        every=Link(text="All of this test", href=links.case(data.case.pk)),
    )


def _strip(data: ResultData) -> Strip | None:
    cells = data.outcomes
    return run_strip(cells, data.clock, marked_run=data.run.pk) if cells else None


def _beside(label: str, one: Result) -> Beside:
    return Beside(
        label=label,
        name=f"{run_name(one.run.name, one.run.external_id)} {run_label(one.run)}",
        href=links.result(api_id(one)),
        status=STATUS_OF_CODE[one.status],
        result=one,
    )


def alike_card(data: ResultData) -> AlikeCard | None:
    """None where nothing else failed alike."""
    alike = data.alike
    if alike is None or not alike.newest:
        return None
    href = links.results(alike.filters, links.NOT_PASSED_WORDS)
    tests, runs = numbers.plural(alike.cases, "test"), numbers.plural(alike.runs, "run")
    return AlikeCard(
        number=counted("results", alike.results, href),
        rest=f"{'result' if alike.results == 1 else 'results'} in {tests} and {runs}",
        others=tuple(
            _alike(one, is_same_test=one.case_id == data.case.pk)
            for one in alike.newest
        ),
    )


def _alike(one: Result, *, is_same_test: bool) -> Beside:
    """Named by its test, and by its run where the test is the same."""
    run = run_name(one.run.name, one.run.external_id)
    return Beside(
        label=f"{run} {run_label(one.run)}",
        name="This test" if is_same_test else one.case.name,
        href=links.result(api_id(one)),
        status=STATUS_OF_CODE[one.status],
        result=one,
    )
