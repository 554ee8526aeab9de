"""The one place that keeps what was said before and after each act of a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.models import Act, ActKind
from ingest.models import Case, Configuration, MilestoneMember, Project, Run

About = Project | Configuration | Run | Case | MilestoneMember
Said = Mapping[str, Any]
NOTHING: Said = {}


def record(kind: ActKind, about: About, before: Said, after: Said, *, by: str) -> None:
    """Keep that `by` said `after` of something where `before` was said.

    Call it in the transaction of the act. What changes nothing is no act.
    """
    if before == after:
        return
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
