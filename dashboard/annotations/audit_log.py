"""The audit log: what was said before and after each act of a person, and who did it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject

from dashboard.ids import id_of
from dashboard.models import Act, ActKind
from dashboard.reading.scope import everything
from ingest.models import Case, Configuration, MilestoneMember, Project, Run

About = Project | Configuration | Run | Case | MilestoneMember
Said = Mapping[str, Any]
NOTHING: Said = {}

ABOUT_CASE = (ActKind.NOTE, ActKind.MUTE, ActKind.SAME_TEST, ActKind.APART)
ABOUT_RUN = (
    *(ActKind.JUDGEMENT, ActKind.RERUN, ActKind.CHANGE, ActKind.CLOSE),
    ActKind.RELAY,
)
ABOUT_PROJECT = (
    *(ActKind.BRANCH, ActKind.START, ActKind.NEW_TEST),
    ActKind.RELAY_TESTS,
)
ABOUT_MILESTONE = (ActKind.JOIN, ActKind.SPLIT)
# A page of a project's history, and what stands of one thing beside it.
PAGE = 50
MOST_LETTERS = 200
# Who does what is done by a command; no user can be called so.
COMMAND_LINE = "(command line)"
_FIELDS = ("id", "by", "at", "project_id", "kind", "about", "name", "before", "after")
_BESIDE = "acts_beside"


class ChangedMeanwhile(Exception):
    """Somebody said something else since a form was opened: `act`, the newest one."""

    def __init__(self, act: Act) -> None:
        super().__init__(f"{act.by} said something else of {act.name} meanwhile.")
        self.act = act


def based_on(text: str) -> int | None:
    """The newest act that a form knew, as it was sent: "0" where there was none.

    None of a program that sends no such field: its word replaces any other.
    """
    if not text:
        return None
    number = id_of(text)
    # What no form of ours holds was based on no act that there is.
    return -1 if number is None else number


def record(
    kind: ActKind,
    about: About,
    before: Said,
    after: Said,
    *,
    by: str,
    expected_version: int | None = None,
) -> None:
    """Keep that `by` said `after` of something where `before` was said.

    Call it in the transaction of the act, in which nobody else can say anything of the
    kind. What changes nothing is no act. `expected_version` is the newest act that the
    person knew, 0 for none, None to ask for nothing.

    Raises:
        ChangedMeanwhile: there is a newer act than `expected_version`.
    """
    if before == after:
        return
    if expected_version is not None:
        known = Act.objects.filter(kind=kind, about=about.pk)
        newest = known.order_by("-pk").first()
        if newest is not None and newest.pk != expected_version:
            raise ChangedMeanwhile(newest)
    project = about.pk if isinstance(about, Project) else about.project_id
    Act.objects.create(
        by=by,
        project_id=project,
        kind=kind,
        about=about.pk,
        name=str(about),
        before=before,
        after=after,
    )


def note(
    kind: ActKind,
    *,
    by: str,
    name: str,
    about: int = 0,
    project: int | None = None,
    before: Said = NOTHING,
    after: Said = NOTHING,
) -> None:
    """Keep what happened to people, rights, tokens, shares and the like, for /audit/.

    The one function for whatever is no opinion about a row of a project: `by` is the
    name of the person ("" where nobody is signed in), `name` what the thing is called,
    `about` its id, `before` and `after` small JSON objects of what was and is. Empty
    `before`: it was made. Empty `after`: it is gone. Equal ones that say something are
    no act. Call it in the transaction of the act. No secret may be in any of it: no
    password, no token, no link that opens something.

        note(ActKind.SHARE, by=user.get_username(), about=share.pk, name=share.path,
             after={"expires_at": iso, "pinned": True})

    A new kind goes into ActKind, with its sentence into ui/text/audit_log.py.
    """
    if before == after and before:
        return
    # A reader who sees some projects only writes into the table all the same.
    with everything():
        Act.objects.create(
            by=plain(by)[:MOST_LETTERS],
            project_id=project,
            kind=kind,
            about=about,
            name=plain(name)[:MOST_LETTERS],
            before=dict(before),
            after=dict(after),
        )


def plain(text: str) -> str:
    """Without NUL, which PostgreSQL cannot keep."""
    return text.replace("\0", "")


def with_acts(kinds: Collection[ActKind]) -> dict[str, Subquery]:
    """For `annotate`: a query for one row takes its newest acts along."""
    own = Act.objects.filter(kind__in=kinds, about=OuterRef("pk")).order_by("-pk")
    said = JSONObject(**{name: name for name in _FIELDS})
    return {_BESIDE: ArraySubquery(own.values(said=said)[:PAGE])}


def acts_beside(row: Model) -> list[Act]:
    """The acts of a row that was read with `with_acts`, newest first."""
    return [_act(one) for one in getattr(row, _BESIDE, ())]


def _act(values: Mapping[str, Any]) -> Act:
    return Act(**{**values, "at": datetime.fromisoformat(values["at"])})


def with_newest(kinds: Collection[ActKind]) -> dict[str, Subquery]:
    """For `annotate`: the newest act of each kind about the row."""
    own = Act.objects.filter(about=OuterRef("pk")).order_by("-pk").values("pk")
    return {_newest(kind): Subquery(own.filter(kind=kind)[:1]) for kind in kinds}


def newest_of(row: Model, kind: ActKind) -> int:
    """The newest act about a row that was read with `with_newest`; 0 without one.

    A form carries it, so that it replaces no word that nobody saw.
    """
    return getattr(row, _newest(kind)) or 0


def _newest(kind: ActKind) -> str:
    return f"newest_{kind.value}"


def acts_of_milestone(milestone: int, members: Iterable[int]) -> QuerySet[Act]:
    """Whatever was joined to it or split off from it, and whence its parts came."""
    of_it = Q(before__milestone=milestone) | Q(after__milestone=milestone)
    rows = Act.objects.filter(of_it | Q(about__in=list(members)))
    return rows.filter(kind__in=ABOUT_MILESTONE).order_by("-pk")[:PAGE]


def acts_of_project(project: int, before: int | None = None) -> list[Act]:
    """The newest PAGE of them and one more, if there is one: those before an act."""
    rows = Act.objects.filter(project=project)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return list(rows.order_by("-pk")[: PAGE + 1])
