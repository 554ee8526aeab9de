"""The page of three steps: a project, a token, the lines; and what arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import QueryDict

from dashboard.addresses import address, with_query
from dashboard.ids import id_of
from dashboard.lists.pushed import (
    PushedArrival,
    newest_pushed,
    pushable_projects,
)
from dashboard.pages.push.snippets import WAYS, Snippet, Target
from dashboard.ui import links
from dashboard.ui.run_rows import GLYPHS
from ingest.models import Project

STEPS = ("Project", "Token", "Lines to paste")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPage:
    """`token` is the text of one just made, shown this once. `arrived` is the newest run
    that was pushed to the project after `since`, None while nothing has come.
    """

    projects: Sequence[Project]
    project: Project | None
    token: str
    way: str
    ways: tuple[tuple[str, str, str], ...]
    snippet: Snippet | None
    arrived: PushedArrival | None
    poll_href: str
    error: str

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Each with "done", "now" or "later"."""
        if self.project is None:
            states = ("now", "later", "later")
        elif not self.token:
            states = ("done", "now", "later")
        else:
            states = ("done", "done", "now")
        return tuple(zip(STEPS, states, strict=True))

    @property
    def arrived_glyph(self) -> str:
        return GLYPHS.get(self.arrived.status, "unknown") if self.arrived else ""

    @property
    def arrived_href(self) -> str:
        return links.run(self.arrived.run) if self.arrived else ""


def push_page(
    query: QueryDict, site: str, now: datetime, *, token: str = "", error: str = ""
) -> PushPage:
    """What the address asks for; a project or a way that nobody knows is not chosen."""
    projects = pushable_projects()
    chosen = id_of(query.get("project", ""))
    project = next((one for one in projects if one.pk == chosen), None)
    way = query.get("how", "")
    way = way if way in WAYS else next(iter(WAYS))
    snippet = arrived = None
    if project:
        snippet = WAYS[way][1](Target(project=project.pk, site=site))
        arrived = newest_pushed(project.pk, now)
    return PushPage(
        projects=projects,
        project=project,
        token=token,
        way=way,
        ways=tuple(
            (key, label, _href(project, key)) for key, (label, _) in WAYS.items()
        ),
        snippet=snippet,
        arrived=arrived,
        poll_href=_href(project, way),
        error=error,
    )


def _href(project: Project | None, way: str) -> str:
    chosen = [("project", str(project.pk))] if project else []
    return with_query(address("connect-push"), [*chosen, ("how", way)])
