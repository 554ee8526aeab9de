"""What of the API answers a tool, and which page shows the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.mcp.inputs import PAGING, Query, one_id, one_word
from dashboard.ui.links import FAILING, SLOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A GET of the API; its answer stands under `key`, "" for that of the tool itself."""

    path: str
    query: Query
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The page that shows the same to people."""

    path: str
    query: Query


def _without(query: Query, *names: str) -> Query:
    return {name: texts for name, texts in query.items() if name not in names}


def call(route: str, **fixed: tuple[str, ...]) -> Callable[[Query], tuple[Call, ...]]:
    return lambda asked: (Call(path=address(route), query={**asked, **fixed}),)


def page(route: str, **fixed: tuple[str, ...]) -> Callable[[Query], Page]:
    return lambda asked: Page(
        path=address(route), query={**_without(asked, *PAGING), **fixed}
    )


def one_page(route: str, name: str) -> Callable[[Query], Page]:
    return lambda asked: Page(
        path=address(route, one_id(asked, name)), query=_without(asked, name)
    )


# Of the failures of a run and of hits of a search.
_FIRST_FAILURES, _FIRST_HITS = ("25",), ("8",)


def run_with_failures(asked: Query) -> tuple[Call, ...]:
    run, rest = one_id(asked, "run"), _without(asked, "run")
    failures = {
        **rest,
        "status": ("failed", "error"),
        "final": ("1",),
        "limit": _FIRST_FAILURES,
    }
    return (
        Call(key="run", path=address("api-runs-one", run), query=rest),
        Call(key="failures", path=address("api-runs-results", run), query=failures),
    )


def results(asked: Query) -> tuple[Call, ...]:
    if "run" not in asked:
        return (Call(path=address("api-results"), query=asked),)
    path = address("api-runs-results", one_id(asked, "run"))
    return (Call(path=path, query=_without(asked, "run")),)


def results_page(asked: Query) -> Page:
    if "run" in asked:
        return one_page("run", "run")(_without(asked, *PAGING, "sort"))
    return page("results")(asked)


def one_result(asked: Query) -> tuple[Call, ...]:
    path = address("api-results-one", one_id(asked, "result"))
    return (Call(key="result", path=path, query=_without(asked, "result")),)


def progress(asked: Query) -> tuple[Call, ...]:
    pk, rest = one_id(asked, "milestone"), _without(asked, "milestone")
    moment = {name: rest[name] for name in ("as_of",) if name in rest}
    return (
        Call(path=address("api-milestones-progress", pk), query=rest),
        Call(key="milestone", path=address("api-milestones-one", pk), query=moment),
    )


_KINDS = ("projects", "runs", "cases", "milestones")


def search_hits(asked: Query) -> tuple[Call, ...]:
    query = {**asked, "limit": _FIRST_HITS}
    return tuple(
        Call(key=kind, path=address(f"api-{kind}"), query=query) for kind in _KINDS
    )


_PROGRESS, _COMPARE = "milestone-progress", "compare"
EXPLAINED = (
    *("summary", "pass-rate", "failing", "flaky", "slow", "failures", "standup"),
    *(_PROGRESS, _COMPARE),
)


def explanation(asked: Query) -> tuple[Call, ...]:
    metric = one_word(asked, "metric", EXPLAINED)
    rest = _without(asked, "metric")
    if metric != _PROGRESS:
        return (Call(path=address(f"api-metrics-{metric}-explain"), query=rest),)
    of = {"milestone": rest.get("milestone", ())}
    path = address("api-milestones-progress-explain", one_id(of, "milestone"))
    return (Call(path=path, query=_without(rest, "milestone")),)


def explained_page(asked: Query) -> Page:
    rest = _without(asked, "metric")
    metric = asked["metric"][0]
    if metric == _PROGRESS:
        return one_page("milestone", "milestone")(rest)
    return _SHOWN_ON[metric](rest)


failing_page = page("cases", view=(FAILING,))
slow_page = page("cases", view=(SLOW,))
_SHOWN_ON: Mapping[str, Callable[[Query], Page]] = {
    "summary": page("overview"),
    "pass-rate": page("overview"),
    "failing": failing_page,
    "flaky": page("flaky"),
    "slow": slow_page,
    "failures": page("failures"),
    "standup": page("standup"),
    _COMPARE: page("compare"),
}
