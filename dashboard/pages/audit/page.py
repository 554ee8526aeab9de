"""The audit log: who did what, with what was said before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict

from dashboard.addresses import address, with_query
from dashboard.annotations.audit_log import ABOUT_CASE, ABOUT_RUN
from dashboard.filters.state import moment_text
from dashboard.ids import id_of
from dashboard.lists.audit import PAGE, AuditFilters, acts_after
from dashboard.lists.names import ProjectName, catalogue
from dashboard.models import Act, ActKind
from dashboard.reading.as_of import moment
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.lengths import Words
from dashboard.ui.parts import Piece
from dashboard.ui.text.audit_log import act_sentence

LONGEST_DETAIL = 400
KINDS = tuple((kind.value, kind.label) for kind in ActKind)
_PERSONS = (ActKind.PERSON, ActKind.PASSWORD, ActKind.SECOND_FACTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditState:
    """What the address asks for; `problems` names what of it could not be read."""

    filters: AuditFilters
    before: int | None
    problems: tuple[str, ...]

    def query(self, **more: str) -> str:
        chosen = {
            "who": self.filters.who,
            "what": self.filters.kind,
            "project": str(self.filters.project or ""),
            "since": moment_text(self.filters.since) if self.filters.since else "",
            "until": moment_text(self.filters.until) if self.filters.until else "",
        }
        given = [pair for pair in (chosen | more).items() if pair[1]]
        return with_query(address("audit"), given)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    at: datetime
    by: str
    kind: str
    did: tuple[Piece, ...]
    detail: Words
    project: str
    project_href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    rows: tuple[AuditRow, ...]
    who: str
    what: str
    project: int | None
    since: str
    until: str
    kinds: tuple[tuple[str, str], ...] = KINDS
    projects: tuple[ProjectName, ...]
    problems: tuple[str, ...]
    is_filtered: bool
    older_href: str
    newest_href: str
    csv_href: str


def state_of(query: QueryDict) -> AuditState:
    problems: list[str] = []

    def read(name: str, parse: Any) -> Any:
        text = query.get(name, "").replace("\0", "").strip()
        if not text:
            return None
        try:
            value = parse(text)
        except ValueError:
            value = None
        if value is None:
            problems.append(f"{name}={text[:60]} was left out: it cannot be read.")
        return value

    kinds = {kind for kind, _ in KINDS}
    filters = AuditFilters(
        who=query.get("who", "").replace("\0", "").strip()[:200],
        kind=read("what", lambda text: text if text in kinds else None) or "",
        project=read("project", id_of),
        since=read("since", moment),
        until=read("until", moment),
    )
    before = id_of(query.get("before", ""))
    return AuditState(filters=filters, before=before, problems=tuple(problems))


def audit_page(state: AuditState, clock: Clock) -> AuditPage:
    found = acts_after(state.filters, state.before, PAGE)
    shown, filters = found[:PAGE], state.filters
    has_more = len(found) > PAGE
    return AuditPage(
        rows=tuple(_rows(shown, clock)),
        who=filters.who,
        what=filters.kind,
        project=filters.project,
        since=moment_text(filters.since) if filters.since else "",
        until=moment_text(filters.until) if filters.until else "",
        projects=tuple(catalogue().projects.values()),
        problems=state.problems,
        is_filtered=filters != AuditFilters(),
        older_href=state.query(before=str(shown[-1].pk)) if has_more else "",
        newest_href=state.query() if state.before is not None else "",
        csv_href=state.query(format="csv"),
    )


def _rows(acts: Iterable[Act], clock: Clock) -> Iterator[AuditRow]:
    labels = dict(KINDS)
    for act in acts:
        did, detail = _sentence(act, clock)
        yield AuditRow(
            at=act.at,
            by=act.by,
            kind=labels.get(act.kind, act.kind),
            did=did,
            detail=detail,
            project=act.project.name if act.project else "",
            project_href=links.project(act.project_id) if act.project_id else "",
        )


def _sentence(act: Act, clock: Clock) -> tuple[tuple[Piece, ...], str]:
    return act_sentence(
        act.kind,
        _named(act),
        act.before,
        act.after,
        moment=clock.moment,
        most=LONGEST_DETAIL,
    )


def _named(act: Act) -> Piece:
    """By the name that it had then, as a door where it has a page."""
    href = ""
    if act.kind in ABOUT_CASE:
        href = links.case(act.about)
    elif act.kind in ABOUT_RUN:
        href = links.run(act.about)
    elif act.kind in _PERSONS and act.about:
        href = address("person", act.about)
    elif act.kind == ActKind.TEAM:
        href = address("team", act.about) if act.after else ""
    return Piece(text=act.name, href=href)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActLine:
    """A line of the export: the sentence, and what was said word by word."""

    id: int
    at: datetime
    by: str
    what: str
    name: str
    did: str
    project: int | None
    before: dict[str, Any]
    after: dict[str, Any]


def act_line(act: Act, clock: Clock) -> ActLine:
    did, _ = _sentence(act, clock)
    return ActLine(
        id=act.pk,
        at=act.at,
        by=act.by,
        what=act.kind,
        name=act.name,
        did="".join(piece.text for piece in did),
        project=act.project_id,
        before=act.before,
        after=act.after,
    )
