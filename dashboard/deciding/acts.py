"""The one place that keeps what was said before and after each act of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.ids import id_of
from dashboard.models import Act, ActKind
from ingest.models import Case, Configuration, MilestoneMember, Project, Run

About = Project | Configuration | Run | Case | MilestoneMember
Said = Mapping[str, Any]
NOTHING: Said = {}


class Changed(Exception):
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
    seen: int | None = None,
) -> None:
    """Keep that `by` said `after` of something where `before` was said.

    Call it in the transaction of the act, in which nobody else can say anything of the
    kind. What changes nothing is no act. `seen` is the newest act that the person knew,
    0 for none, None to ask for nothing.

    Raises:
        Changed: there is a newer act than `seen`.
    """
    if before == after:
        return
    if seen is not None:
        known = Act.objects.filter(kind=kind, about=about.pk)
        newest = known.order_by("-pk").first()
        if newest is not None and newest.pk != seen:
            raise Changed(newest)
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
