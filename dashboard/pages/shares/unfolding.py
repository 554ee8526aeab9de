"""What a link to a share unfolds with in a chat: title, words, picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from dashboard.filters import (
    Accepts,
    Filters,
    parse,
    selected_connections,
    with_what_counts,
)
from dashboard.filters.parsing import COMMON
from dashboard.lists import CASES, MILESTONES, RESULTS, RUNS, Listing
from dashboard.lists.flaky_choice import FlakyCases, read_choice
from dashboard.lists.or_404 import run_or_404
from dashboard.lists.paging import count_of
from dashboard.metrics.compare import NotComparableError, compare_runs
from dashboard.metrics.rates import pass_rate
from dashboard.metrics.tallies import by_day, tallies, total
from dashboard.models import Share
from dashboard.pages.shares.text import moment_words, scope_words, title_of
from dashboard.precomputed.failing import failing_cases
from dashboard.precomputed.milestones import progress
from dashboard.sharing.limits import Asked, texts_of
from dashboard.sharing.links import root_of
from dashboard.sharing.objects import about
from dashboard.sharing.reach import TIMES
from dashboard.ui import freshness
from dashboard.ui.panels import LONGEST_S, load_or_none
from dashboard.ui.pictures.document import png
from dashboard.ui.pictures.unfolded import (
    Figure,
    Headline,
    alternative,
    rate_figure,
    unfolded_svg,
)
from dashboard.ui.public_pictures import kept, later, not_drawn, too_often
from dashboard.ui.text import numbers

PICTURE = "og.png"
DECIDED = "decided results"
_LISTS: dict[str, tuple[Listing[Any], str]] = {
    "runs": (RUNS, "run"),
    "results": (RESULTS, "result"),
    "cases": (CASES, "test"),
    "milestones": (MILESTONES, "milestone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfolded:
    """What stands in the head of a shared page; addresses are whole."""

    title: str
    description: str
    url: str
    image: str
    alternative: str


def heads(request: HttpRequest, share: Share, token: str, asked: Asked) -> str:
    """The lines for a shared page's head; only the share's own page unfolds."""
    is_own = asked.path == share.path
    said = _unfolded(request, share, token, asked) if is_own else None
    return render_to_string("shares/_head.html", {"unfolded": said})


def _unfolded(request: HttpRequest, share: Share, token: str, asked: Asked) -> Unfolded:
    told = headline(share, asked)
    root = request.build_absolute_uri(root_of(token))
    figure = told.figure
    title = (
        f"{told.page}: {figure.text} {figure.label.lower()}" if figure else told.page
    )
    return Unfolded(
        title=title,
        description=alternative(told),
        url=root,
        image=f"{root}/{PICTURE}",
        alternative=alternative(told),
    )


def picture(
    request: HttpRequest, share: Share, asked: Asked, projects: frozenset[int]
) -> HttpResponse:
    """PNG of the headline. A chat keeps it for long, so that one whose number did not
    load is none.
    """
    now = timezone.now()
    if wait_s := too_often(request, f"share-{share.pk}", now):
        return later(wait_s)
    # Its words tell a time range that moves on.
    said = f"{share.pk} {sorted(projects)} {now:%Y-%m-%dT%H:%M}"
    try:
        svg = kept("share", said, lambda: _drawn(share, asked))
    except DatabaseError as error:
        return not_drawn(f"the picture of share {share.pk}", error, LONGEST_S)
    return HttpResponse(png(svg), content_type="image/png")


def _drawn(share: Share, asked: Asked) -> str:
    return unfolded_svg(_headline(share, asked, _figure(asked)), "light")


def headline(share: Share, asked: Asked) -> Headline:
    """The page's number, made as the page makes it; without it where it did not load."""
    return _headline(share, asked, load_or_none("headline", lambda: _figure(asked)))


def _headline(share: Share, asked: Asked, figure: Figure | None) -> Headline:
    return Headline(
        page=title_of(asked),
        scope=scope_words(asked, timezone.now()),
        moment=moment_words(share.as_of),
        figure=figure,
        stale="" if share.as_of else _stale(),
    )


def _figure(asked: Asked) -> Figure | None:
    match asked.route:
        case "overview" | "project" | "case" | "standup":
            return _pass_rate(_filters(asked))
        case "flaky":
            return _flaky(asked)
        case "run":
            return _run(asked)
        case "compare":
            return _compared(asked)
        case "milestone":
            return _milestone(asked)
        case "cases" if asked.query.get("view"):
            return _ranked(asked)
        case route if route in _LISTS:
            return _listed(asked)
    return None


def _pass_rate(filters: Filters) -> Figure:
    window = filters.window()
    tallied = tallies(filters, window, bucket="day")
    days = by_day(tallied, window).values()
    trend = tuple(pass_rate(counts).value for counts in days)
    return rate_figure("Pass rate", pass_rate(total(tallied)), DECIDED, trend)


def _count(number: int, one: str) -> Figure:
    many = numbers.plural(number, one).partition(" ")[2]
    return Figure(label=many.capitalize(), text=numbers.count(number))


def _flaky(asked: Asked) -> Figure:
    texts = {name: values[0] for name, values in texts_of(asked.query).items()}
    choice, _ = read_choice(texts)
    chosen = FlakyCases(_filters(asked)).chosen(choice)
    return _count(len(chosen), "flaky test")


def _ranked(asked: Asked) -> Figure | None:
    if asked.query.get("view") != "failing":
        return None
    return _count(len(failing_cases(_filters(asked))), "test")


def _listed(asked: Asked) -> Figure | None:
    listing, noun = _LISTS[asked.route]
    number = count_of(listing.select(_filters(asked, listing)))
    return None if number is None else _count(number, noun)


def _run(asked: Asked) -> Figure:
    run = run_or_404(asked.ids["run_id"])
    return rate_figure("Pass rate", pass_rate(run.counts), DECIDED)


def _compared(asked: Asked) -> Figure | None:
    numbers_of = about(asked.route, asked.ids, asked.query)["run"]
    base, head = (run_or_404(int(number)) for number in numbers_of)
    try:
        counts = compare_runs(base, head).counts
    except NotComparableError:
        return None
    return _count(counts["regression"], "regression")


def _milestone(asked: Asked) -> Figure:
    told = progress(asked.ids["milestone_id"], Filters())
    return Figure(
        label="Passed",
        text=numbers.percent(told.passed_share),
        of=f"{numbers.count(told.counts.passed)} of {numbers.plural(told.scope, 'test')}",
    )


def _stale() -> str:
    connections = list(selected_connections(Filters()))
    old = freshness.stale_tools(connections, timezone.now())
    return f"{old[0].name}: {old[0].age}" if old else ""


def _filters(asked: Asked, listing: Listing[Any] | None = None) -> Filters:
    """The filters of the page, with what its path says."""
    query = asked.query.copy()
    for name in {*query} - {*COMMON} | {"sort", "as_of"}:
        query.pop(name, None)
    if listing is None:
        query.pop("status", None)
    if asked.route == "project":
        query["project"] = str(asked.ids["project_id"])
    if asked.route == "case":
        query["case"] = str(asked.ids["case_id"])
    page = asked.page
    if page and page.days and not {*TIMES} & {*query}:
        query["window"] = f"{page.days}d"
    accepts = listing.accepts if listing else Accepts()
    filters = parse(query, accepts).filters
    return with_what_counts(filters, is_metric=bool(page and page.is_metric))
