"""Which rows a share is about, and what another address under its token makes of them.

A request under a token may ask for fewer rows than the share's page has, never for others:
what it does not say is filled in from the share, and what goes beyond is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict

from dashboard.filters import Accepts, has_default_branches, parse
from dashboard.filters.counting import uncounted
from dashboard.filters.state import FLAGS, REPEATABLE
from dashboard.request_cache import cached_in_request
from dashboard.sharing.moments import said_of
from dashboard.sharing.reach import TIMES, Pairs, Reach, Values, reach_of
from dashboard.sharing.routes import LOOK, Page, page_of

# The projects themselves are frozen: these can only leave some of them out.
OF_PROJECTS = ("project", "connection", "tool")
# Values that narrow by being longer; of all others a part narrows.
_TEXTS = ("test", "run name")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An address below the token: `route` and `ids` are what its path resolves to."""

    route: str
    path: str
    query: QueryDict
    ids: Mapping[str, int] = field(default_factory=dict)

    @property
    def page(self) -> Page | None:
        return page_of(self.route, self.query)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What every row under the token keeps to, beside the projects.

    `values` are by their meaning, `own` are parameters that only the share's page knows.
    `reach` None: of all time. `now` is when the request began. `as_of` is the moment of
    a pinned share.
    """

    route: str
    path: str
    page: Page
    now: datetime
    projects: frozenset[int]
    values: Mapping[str, Values] = field(default_factory=dict)
    own: Mapping[str, Values] = field(default_factory=dict)
    kept: Mapping[str, Values] = field(default_factory=dict)
    reach: Reach | None = None
    is_default_branch: bool = False
    is_counted: bool = False
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """The parameters in force; `is_same`: they choose what the address asked for."""

    pairs: Pairs
    is_same: bool

    @property
    def query(self) -> QueryDict:
        query = QueryDict(mutable=True)
        for name, value in self.pairs:
            query.appendlist(name, value)
        return query


class Beyond(Exception):
    """An address asks for what is no part of the share."""


def limits_of(
    shared: Asked,
    projects: frozenset[int],
    now: datetime,
    about: Mapping[str, Values],
    as_of: datetime | None = None,
) -> Limits:
    """The limits that a share's own page sets; `about` are values that its path says, by
    meaning. Raises Beyond for what is no page to share.
    """
    page, texts = _page(shared), texts_of(shared.query)
    values = {page.takes[name]: texts[name] for name in page.takes if name in texts}
    of_runs = bool(page.takes)
    return Limits(
        route=shared.route,
        path=shared.path,
        page=page,
        now=now.replace(second=0, microsecond=0) if shared.route == "standup" else now,
        projects=projects,
        values={**values, **about},
        own={name: texts[name] for name in page.own if name in texts},
        kept={name: texts[name] for name in OF_PROJECTS if name in texts},
        reach=reach_of(page, texts) if page.has_time else None,
        is_default_branch=of_runs
        and "branch" not in texts
        and _keeps(page, texts, "default_branch")
        and has_default_branches(),
        is_counted=of_runs and _keeps(page, texts, "counted") and _has_uncounted(),
        as_of=as_of,
    )


def narrowed(limits: Limits, asked: Asked) -> Narrowed:
    """What of the address is within the limits; raises Beyond."""
    page, texts = _page(asked), texts_of(asked.query)
    # Another view of the same path is another page.
    is_own = (page, asked.path) == (limits.page, limits.path)
    is_whole_run = "run" in limits.values
    leads_here = page.after is None or limits.route in page.after
    if not is_own and (not leads_here or (limits.own and not is_whole_run)):
        raise Beyond
    merged = _Merged(limits=limits, page=page, texts=texts, is_own=is_own)
    merged.read()
    return Narrowed(pairs=merged.pairs, is_same=merged.is_same)


@dataclass(kw_only=True)
class _Merged:
    """The parameters of one address, merged into those of the share one by one."""

    limits: Limits
    page: Page
    texts: Mapping[str, Values]
    is_own: bool
    pairs: Pairs = field(default_factory=list)
    is_same: bool = True

    def read(self) -> None:
        for name in LOOK | self.page.look:
            self._say(name, self.texts.get(name, ())[:1])
        self._moment()
        self._projects()
        for name in self.page.own:
            fixed = self.limits.own.get(name, ()) if self.is_own else ()
            self._merge(name, name, fixed)
        for name, meaning in self.page.takes.items():
            self._merge(name, meaning, self.limits.values.get(meaning, ()))
        known = {*self.page.takes.values(), *self.page.implies}
        if not self.is_own and {*self.limits.values} - known:
            raise Beyond
        if self.page.takes:
            self._flag("default_branch", self.limits.is_default_branch)
            self._flag("counted", self.limits.is_counted)
        if self.page.has_time:
            self._time()
        elif not self.page.implies and self.limits.reach and not self.is_own:
            raise Beyond

    def _say(self, name: str, values: Values) -> None:
        self.pairs += [(name, value) for value in values]

    def _moment(self) -> None:
        """What was recorded at another moment is no part of it, nor is the past of a
        share that is always current.
        """
        pinned = said_of(self.limits.as_of)
        if self.texts.get("as_of", pinned) != pinned:
            raise Beyond
        self._say("as_of", pinned)

    def _projects(self) -> None:
        asked = self.texts.get("project", ())
        if not {*asked} <= {str(one) for one in self.limits.projects}:
            raise Beyond
        for name in OF_PROJECTS:
            fixed = self.limits.kept.get(name, ()) if self.is_own else ()
            self._merge(name, name, fixed)

    def _merge(self, name: str, meaning: str, fixed: Values) -> None:
        asked = self.texts.get(name, ())
        if not fixed:
            self._say(name, asked)
        elif not asked:
            self._say(name, fixed)
            self.is_same = False
        elif _is_within(meaning, asked, fixed):
            self._say(name, asked)
        else:
            raise Beyond

    def _flag(self, name: str, is_kept: bool) -> None:
        """Whether runs of other branches, or excluded ones, stay out."""
        asked = self.texts.get(name, ())
        if not is_kept:
            self._say(name, asked)
            return
        if name == "default_branch" and "branch" in self.texts:
            raise Beyond
        if asked == ("0",):
            raise Beyond
        if self.page.is_metric or asked == ("1",):
            self._say(name, asked)
        else:
            self._say(name, ("1",))
            self.is_same = False

    def _time(self) -> None:
        limit, asked = self.limits.reach, reach_of(self.page, self.texts)
        if limit is None or limit.holds(asked):
            for name in TIMES:
                self._say(name, self.texts.get(name, ()))
            return
        if asked is None:
            self.pairs += limit.pairs()
            self.is_same = False
            return
        now = self.limits.now
        begin, end = asked.begin(now), asked.until
        since, until = max(begin, limit.begin(now)), _earlier(end, limit.until)
        if since >= (until or now):
            raise Beyond
        self.is_same = self.is_same and (since, until) == (begin, end)
        self.pairs += Reach(since=since, until=until).pairs()


def _page(asked: Asked) -> Page:
    if asked.page is None:
        raise Beyond
    return asked.page


def texts_of(query: QueryDict) -> dict[str, Values]:
    """What is said, without fields that a form sent empty; raises Beyond for what the
    page could not read and would leave out.
    """
    texts = {n: tuple(v for v in values if v) for n, values in query.lists()}
    # As pages say it of a person who starts with some.
    if texts.get("project") == ("all",):
        del texts["project"]
    texts = {name: values for name, values in texts.items() if values}
    common = QueryDict(mutable=True)
    for name in {*REPEATABLE, *TIMES, *FLAGS, "default_branch", "counted"} - {"status"}:
        common.setlist(name, list(texts.get(name, ())))
    for name in [name for name, values in common.lists() if not values]:
        del common[name]
    if any("\0" in value for values in texts.values() for value in values):
        raise Beyond
    single = {*texts} - {*REPEATABLE}
    if parse(common, Accepts()).problems or any(len(texts[n]) > 1 for n in single):
        raise Beyond
    return texts


def _is_within(meaning: str, asked: Values, fixed: Values) -> bool:
    if meaning in _TEXTS:
        return fixed[0] in asked[0]
    return {*asked} <= {*fixed}


def _keeps(page: Page, texts: Mapping[str, Values], name: str) -> bool:
    said = texts.get(name)
    return page.is_metric if said is None else said == ("1",)


def _has_uncounted() -> bool:
    return cached_in_request("uncounted", lambda: uncounted().exists())


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
