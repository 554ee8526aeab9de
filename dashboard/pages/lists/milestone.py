"""The plain page of one milestone: the runs that belong to it."""

from __future__ import annotations

from dataclasses import replace

from django.http import QueryDict

from dashboard.contexts import Crumb, RunListPage
from dashboard.lists import RUNS
from dashboard.lists.milestones import MilestoneRow
from dashboard.pages.lists.frame import Frame
from dashboard.pages.lists.milestones import due_text, milestone_word
from dashboard.pages.lists.runs import runs_page
from dashboard.pages.state import CURSOR, PageState, read_state


def milestone_state(path: str, query: QueryDict, milestone: int) -> PageState:
    pinned = {"milestone": (milestone,)}
    return read_state(path, query, RUNS.accepts, own=(CURSOR,), pinned=pinned)


def milestone_page(frame: Frame, milestone: MilestoneRow) -> RunListPage:
    due = due_text(milestone, frame.state)
    word = milestone_word(milestone, frame.state).word
    said = [word, f"due {due}" if due else "no due date", frame.subtitle]
    return replace(
        runs_page(frame),
        title=milestone.name,
        crumbs=(Crumb(text="Milestones", href="/milestones/"),),
        subtitle=", ".join(said),
    )
