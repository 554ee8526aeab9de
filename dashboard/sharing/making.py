"""A share made: its page checked, its address in the one spelling, its projects frozen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone

from dashboard.addresses import site_root
from dashboard.annotations.shares import note_made
from dashboard.filters import Accepts, parse, selected_projects, unknown_values
from dashboard.filters.state import REPEATABLE
from dashboard.ids import id_of
from dashboard.lists import CASES, MILESTONES, RESULTS, RUNS
from dashboard.metrics.run_before import previous_run
from dashboard.models import Share
from dashboard.readers import Reader, SharedLink, reader
from dashboard.reading.scope import for_reader
from dashboard.sharing.limits import (
    OF_PROJECTS,
    Asked,
    Beyond,
    Limits,
    limits_of,
    texts_of,
)
from dashboard.sharing.moments import Pin, pinned, shown_at
from dashboard.sharing.objects import about, runs_named
from dashboard.sharing.opening import asked_for, matched, opened, within
from dashboard.sharing.reach import TIMES, reach_of
from dashboard.sharing.routes import LOOK, Page
from ingest.models import Case, MilestoneMember, Project, Run
from ingest.models.results import ORDINALS

LONGEST_ADDRESS = 4_000
ONLY_PATHS = "It must be a path of this site, such as /flaky/?window=30d."
NOT_SHOWN = "There is no page at this path that could be shared."
NOT_THERE = "You see no page at this path."
_STATUSES = {
    "results": RESULTS.statuses,
    "runs": RUNS.statuses,
    "cases": CASES.statuses,
    "milestones": MILESTONES.statuses,
}
# After the filters, which keep their order everywhere.
_ORDER = (*REPEATABLE, "q", *TIMES)


class CannotShare(ValueError):
    """`field` of what was asked for is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A page to be shared, checked. `query` is in its one spelling."""

    asked: Asked
    query: str
    projects: frozenset[int]
    limits: Limits

    @property
    def address(self) -> str:
        return f"{self.asked.path}?{self.query}" if self.query else self.asked.path


def wanted(text: str, now: datetime) -> Wanted:
    """What an address of this site asks to share, by whoever reads just now.

    Raises:
        CannotShare: it is no page that they see and that may be shared.
    """
    path, query = _split(text)
    try:
        asked = asked_for(path, _both_runs(path, query))
        page = asked.page
        if page is None:
            raise Beyond
        _check(asked, page)
        projects, said = _projects(asked), about(asked.route, asked.ids, asked.query)
        limits = limits_of(asked, projects, now, said)
    except Beyond:
        raise CannotShare("path", NOT_SHOWN) from None
    if not projects:
        raise CannotShare("path", NOT_THERE)
    spelled = urlencode(_spelled(asked, page))
    return Wanted(asked=asked, query=spelled, projects=projects, limits=limits)


def make_share(
    request: HttpRequest,
    page: Wanted,
    *,
    owner_id: int,
    by: str,
    is_pinned: bool = False,
    expires_at: datetime | None = None,
) -> tuple[Share, str]:
    """A share of the page, as its visitors will see it, and its token.

    Raises:
        CannotShare: visitors would see none, or it would end before now.
    """
    now = timezone.now()
    if expires_at is not None and expires_at <= now:
        raise CannotShare("expires_at", "It is in the past.")
    pin = _pin(page, now) if is_pinned else Pin(query=page.query)
    values = {
        "path": page.asked.path,
        "query": pin.query,
        "projects": sorted(page.projects),
        "is_pinned": is_pinned,
        "as_of": pin.as_of,
        "since": pin.since,
        "until": pin.until,
        "expires_at": expires_at,
    }
    _see(request, page, pin.query, pin.as_of)
    with transaction.atomic():
        share, token = Share.make(owner_id, **values)
        note_made(share, by=by)
    return share, token


def _pin(page: Wanted, now: datetime) -> Pin:
    """Raises CannotShare: the page is always current."""
    if page.asked.route == "sync":
        raise CannotShare("pinned", "How syncs fare is always current.")
    limits = page.limits
    return pinned(limits.page, limits.reach, page.query, limits.now, now)


def _see(
    request: HttpRequest, page: Wanted, query: str, as_of: datetime | None
) -> None:
    """Open it as a visitor will; raises CannotShare for what is not there."""
    visitor = Reader(projects=page.projects, share=SharedLink(id=0, as_of=as_of))
    with for_reader(visitor), shown_at(as_of):
        try:
            own = asked_for(page.asked.path, QueryDict(query))
            said = about(own.route, own.ids, own.query)
            limits = limits_of(own, page.projects, page.limits.now, said, as_of)
            answer = opened(request, own, within(limits, own).query)
        except Beyond:
            answer = None
    if answer is None:
        raise CannotShare("path", NOT_THERE)


def _split(text: str) -> tuple[str, QueryDict]:
    """The path below the root, and the query; raises CannotShare."""
    try:
        parts = urlsplit(text)
        is_path = not parts.scheme and not parts.netloc and text.startswith("/")
        query = QueryDict(parts.query)
    except ValueError:
        raise CannotShare("path", ONLY_PATHS) from None
    is_plain = text.isprintable() and "\\" not in text and not text.startswith("//")
    if not is_path or not is_plain or len(text) > LONGEST_ADDRESS:
        raise CannotShare("path", ONLY_PATHS)
    root = site_root()
    below = parts.path.removeprefix(root.rstrip("/")) if root != "/" else parts.path
    return below or "/", query


def _check(asked: Asked, page: Page) -> None:
    """Raises CannotShare for what the page would leave out, and say so."""
    known = {*page.takes, *page.own, *page.look, *LOOK, *OF_PROJECTS}
    known |= set(TIMES) if page.has_time else set()
    known |= {"default_branch", "counted"} if page.takes else set()
    if unknown := [name for name in asked.query if name not in known]:
        raise CannotShare("path", f"There is no parameter {unknown[0][:60]} there.")
    try:
        texts = texts_of(asked.query)
    except Beyond:
        raise CannotShare("path", "A parameter of it cannot be read.") from None
    statuses = _STATUSES.get(asked.route)
    if statuses and not {*texts.get("status", ())} <= {str(one) for one in statuses}:
        raise CannotShare("path", "A status of it is not known.")
    common = {n: v for n, v in texts.items() if n in REPEATABLE and n != "status"}
    query = QueryDict(mutable=True)
    for name, values in common.items():
        query.setlist(name, list(values))
    problems = unknown_values(parse(query, Accepts()).filters)[1]
    if problems:
        raise CannotShare("path", problems[0].sentence)


def _both_runs(path: str, query: QueryDict) -> QueryDict:
    """Of a comparison both runs, so that it stays what it is."""
    match = matched(path)
    head = id_of(query.get("head", ""))
    if match is None or match.url_name != "compare" or query.get("base") or not head:
        return query
    run = Run.objects.filter(pk=head).first()
    before = previous_run(run) if run else None
    if before is None:
        return query
    named = query.copy()
    named["base"] = str(before.pk)
    return named


def _projects(asked: Asked) -> frozenset[int]:
    """The ids that the share is frozen to: of what its path names, else of its filters."""
    ids = asked.ids
    match asked.route:
        case "project" | "project-tests":
            return _values(Project.objects.filter(pk=ids["project_id"]), "pk")
        case "run":
            return _of_runs([ids["run_id"]])
        case "result":
            return _of_runs([ids["result_id"] // ORDINALS])
        case "compare":
            return _of_runs(runs_named(asked.query))
        case "case":
            return _values(Case.objects.filter(pk=ids["case_id"]), "project_id")
        case "milestone":
            members = MilestoneMember.objects.filter(milestone=ids["milestone_id"])
            return _values(members, "project_id")
    return _chosen_projects(texts_of(asked.query))


def _of_runs(ids: Collection[int]) -> frozenset[int]:
    return _values(Run.objects.filter(pk__in=ids), "project_id")


def _values(rows: QuerySet[Any], column: str) -> frozenset[int]:
    return frozenset(rows.order_by().values_list(column, flat=True))


def _chosen_projects(texts: Mapping[str, tuple[str, ...]]) -> frozenset[int]:
    query = QueryDict(mutable=True)
    for name in OF_PROJECTS:
        if name in texts:
            query.setlist(name, list(texts[name]))
    if not query:
        # Those too that their vendor has no more: their runs still count.
        return reader().projects or frozenset(
            Project.objects.values_list("pk", flat=True)
        )
    chosen = selected_projects(parse(query, Accepts()).filters)
    return frozenset(chosen.values_list("pk", flat=True))


def _spelled(asked: Asked, page: Page) -> list[tuple[str, str]]:
    """The parameters that say which rows, and the order of these, in their one order."""
    texts = texts_of(asked.query)
    reach = reach_of(page, texts)
    times = dict(reach.pairs()) if reach and {*texts} & {*TIMES} else {}
    names = [name for name in _ORDER if name in texts]
    rest = sorted({*texts} - {*names, *LOOK, *TIMES})
    sort = [("sort", texts["sort"][0])] if "sort" in texts else []
    pairs = [
        (name, value)
        for name in [*names, *rest]
        if name not in TIMES
        for value in sorted(set(texts[name]))
    ]
    return [*pairs, *times.items(), *sort]
