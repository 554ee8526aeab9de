"""The page of a project's tests: the tree of their folders, and what lies in one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.http import QueryDict

from dashboard.addresses import address
from dashboard.lists.folders import FolderCounts, folder_counts, tests_in
from dashboard.lists.names import ProjectName
from dashboard.pages.suites.folders import COLUMNS, folder_rows, in_folder
from dashboard.pages.suites.listed import listed_tests
from dashboard.pages.suites.tree import Tree, branch_of, tree
from dashboard.ui.list_layout import ListLayout, ListPage, export
from dashboard.ui.number_links import counted
from dashboard.ui.panels import did_not_load, load_or_none
from dashboard.ui.parts import Button, Crumb, EmptyState, Number
from dashboard.ui.tables import Table, table
from dashboard.ui.text import numbers
from dashboard.ui.url_state import CURSOR, FOLDER, PageState, read_state
from ingest.folders import last_folder

LONGEST_FOLDER = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SuitesPage:
    """`problem` stands in place of the tree, `more` tells of folders left out; `above`
    are the folders around the open one.
    """

    title: str
    crumbs: tuple[Crumb, ...]
    subtitle: str
    buttons: tuple[Button, ...]
    folders: Table
    tests: Number
    never: Number
    more: str
    problem: EmptyState | None
    above: tuple[Crumb, ...]
    listed: ListPage


def suites_state(path: str, query: QueryDict, project: int) -> PageState:
    accepts = tests_in("").accepts
    pinned = {"project": (project,)}
    state = read_state(path, query, accepts, own=(FOLDER, CURSOR), pinned=pinned)
    if len(state.own.get(FOLDER, "")) > LONGEST_FOLDER:
        return replace(state, own={})
    return state


def suites_page(layout: ListLayout, project: ProjectName) -> SuitesPage:
    state = layout.state
    folder = state.own.get(FOLDER, "")
    counts = load_or_none("folders", lambda: folder_counts(state.filters))
    shown = tree(counts or {}, folder)
    rows = folder_rows(state, shown, folder)
    return SuitesPage(
        title="Tests",
        crumbs=(
            Crumb(text="Overview", href=address("overview")),
            Crumb(text=project.name, href=address("project", project.id)),
        ),
        subtitle=layout.subtitle.removeprefix("all time, "),
        buttons=() if folder else (export(state, "api-cases"),),
        folders=table(COLUMNS, rows, css="fixed blocks suites"),
        tests=_whole(counts, "cases", shown.whole.tests, in_folder(state, "")),
        never=_whole(
            counts,
            "never_executed",
            shown.whole.never_executed,
            in_folder(state, "", never=True),
        ),
        more=_more(shown),
        problem=did_not_load("tree", state.href) if counts is None else None,
        above=_above(state, folder),
        listed=listed_tests(layout, folder),
    )


def _whole(
    counts: Mapping[str, FolderCounts] | None, metric: str, value: int, href: str
) -> Number:
    if counts is None:
        return Number(text=numbers.DASH, title="did not load")
    return counted(metric, value, href)


def _more(shown: Tree) -> str:
    if not shown.left_out:
        return ""
    folders = numbers.plural(shown.left_out, "more folder")
    return f"And {folders}: search for what lies in them."


def _above(state: PageState, folder: str) -> tuple[Crumb, ...]:
    if not folder:
        return ()
    return (
        Crumb(text="All folders", href=in_folder(state, "")),
        *(
            Crumb(text=last_folder(path), href=in_folder(state, path))
            for path in branch_of(folder)[1:-1]
        ),
    )
