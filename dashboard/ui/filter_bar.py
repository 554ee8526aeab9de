"""The filter bar: a chip for each filter with its choices, and the time ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dashboard.addresses import address
from dashboard.filters import Filters, default_scope, written_pairs
from dashboard.lists.facets import CHOSEN, Facets
from dashboard.lists.names import ProjectName
from dashboard.tools import TOOLS, tool_label
from dashboard.ui.lengths import Name
from dashboard.ui.parts import Tool
from dashboard.ui.text import numbers
from dashboard.ui.url_state import PageState

WINDOWS = (7, 14, 30, 90)
TEXTS = {
    "project": "Projects",
    "tool": "Tool",
    "source": "Source",
    "configuration": "Configuration",
    "milestone": "Milestone",
    "branch": "Branch",
    "connection": "Connection",
    "case": "Test",
}
# A chip without anything to choose is left out, unless it is one of these.
ALWAYS = ("project", "tool", "source", "configuration", "milestone")
ANY = {"milestone": "Any", "branch": "Any"}
MOST_OPTIONS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterOption:
    """A checkbox of a filter; `count` is a formatted number or ""."""

    value: str
    text: Name
    count: str = ""
    checked: bool = False
    tool: Tool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterWay:
    """A way to choose that is no single value ("All branches"), with its address."""

    text: str
    href: str
    count: str = ""
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """One chip: `name` is the URL parameter, `summary` what stands on the chip.

    `clear_href` is the page without this filter; only active chips show it. `ways` stand
    above the options.
    """

    name: str
    text: str
    summary: str
    options: tuple[FilterOption, ...]
    is_active: bool = False
    clear_href: str = ""
    ways: tuple[FilterWay, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowLink:
    """A time range ("30d") and the page's address with it."""

    text: str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterBar:
    """`hidden` is the state beside the chips (window, view, q, status, sort), kept when
    a chip changes; `custom_hidden` is everything but the time range. `since` and
    `until` are ISO dates or "". `here` is the page's whole address, whoever opens it, and
    `moment_href` that at fixed times, "" where they are. `ignored` are sentences on
    unknown parameters. `every_project_href` leads from the projects that the reader
    starts with to all.
    """

    action: str
    filters: tuple[Filter, ...]
    windows: tuple[WindowLink, ...]
    hidden: tuple[tuple[str, str], ...] = ()
    custom_hidden: tuple[tuple[str, str], ...] = ()
    since: str = ""
    until: str = ""
    is_custom: bool = False
    here: str = ""
    moment_href: str = ""
    every_project_href: str = ""
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What the filter bar offers: names by id, and runs by choice (None: not known)."""

    projects: Mapping[int, ProjectName]
    milestones: Mapping[int, str]
    choices: Facets | None
    cases: Mapping[int, str]


def filter_bar(state: PageState, offered: Offered) -> FilterBar:
    rare = (name for name in ("connection", "case") if name not in state.pinned)
    names = [*CHOSEN, *(name for name in rare if getattr(state.filters, name))]
    chips = (_chip(state, offered, name) for name in names)
    return FilterBar(
        action=state.path,
        filters=tuple(c for c in chips if c.options or c.name in ALWAYS),
        windows=_windows(state),
        hidden=_beside_chips(state, names),
        custom_hidden=state.hidden(window_days=None, since=None, until=None),
        since=_date(state, "since"),
        until=_date(state, "until"),
        is_custom=bool(state.filters.since or state.filters.until),
        here=state.href,
        moment_href=state.moment_href,
        every_project_href=_every_project(state) if _is_scope(state) else "",
        ignored=tuple(
            f"{problem.name} was left out. {problem.sentence}"
            for problem in state.problems
        ),
    )


def _beside_chips(
    state: PageState, names: Iterable[str]
) -> tuple[tuple[str, str], ...]:
    """What the form of the chips sends too: that it is of all projects, which counts
    where none is ticked.
    """
    every = () if state.pinned else written_pairs(Filters())
    return (*every, *state.hidden(*names))


def _is_scope(state: PageState) -> bool:
    """Whether the page is of the projects that the reader starts with."""
    scope = default_scope()
    return bool(scope) and not state.pinned and {*state.filters.project} == {*scope}


def _every_project(state: PageState) -> str:
    return state.with_filters(project=())


def option_name(name: str, value: Any, offered: Offered) -> str:
    """How one value of a filter reads."""
    if name == "project":
        found = offered.projects.get(value)
        return found.name if found else str(value)
    if name == "milestone":
        return offered.milestones.get(value, str(value))
    if name == "case":
        return offered.cases.get(value, str(value))
    return tool_label(value) if name == "tool" else str(value)


def _chip(state: PageState, offered: Offered, name: str) -> Filter:
    chosen = getattr(state.filters, name)
    is_branch = name == "branch"
    is_active = bool(chosen) or (is_branch and state.filters.default_branch is not None)
    summary = _branch_summary(state.filters) if is_branch and not chosen else ""
    if name == "project" and _is_scope(state):
        summary = f"Mine, {len(chosen)}"
    return Filter(
        name=name,
        text=TEXTS[name],
        summary=summary or _summary(name, chosen, offered),
        options=tuple(_options(state.filters, offered, name)),
        is_active=is_active,
        clear_href=_without(state, name) if is_active else "",
        ways=_ways(state, offered, name),
    )


def _ways(state: PageState, offered: Offered, name: str) -> tuple[FilterWay, ...]:
    if name == "project" and not state.pinned:
        return _project_ways(state, offered)
    return _branch_ways(state, offered.choices) if name == "branch" else ()


def _project_ways(state: PageState, offered: Offered) -> tuple[FilterWay, ...]:
    """The projects that the reader starts with or all, where these differ."""
    scope = default_scope()
    if not scope:
        return ()
    names = [option_name("project", project, offered) for project in scope]
    more = ", …" if len(names) > 3 else ""
    return (
        FilterWay(
            text=f"My projects: {', '.join(names[:3])}{more}",
            href=state.with_filters(project=scope),
            is_current=_is_scope(state),
        ),
        FilterWay(
            text="All projects",
            href=_every_project(state),
            is_current=not state.filters.project,
        ),
    )


def _branch_summary(filters: Filters) -> str:
    """What counts when no branch is chosen."""
    if filters.default_branch is False:
        return "All branches"
    names = sorted({branch for _, branch in filters.branches_in_force})
    if not names:
        return ""
    return names[0] if len(names) == 1 else f"{names[0]} +{len(names) - 1}"


def _branch_ways(state: PageState, choices: Facets | None) -> tuple[FilterWay, ...]:
    """The default branches or all, where any project has a default one."""
    if choices is None or not choices.defaults:
        return ()
    is_metric, filters = state.has_default_window, state.filters
    several = "branches" if len(choices.defaults) > 1 else "branch"
    names = ", ".join(choices.defaults[:3])
    more = ", …" if len(choices.defaults) > 3 else ""
    ways = (
        (f"Default {several}: {names}{more}", True, choices.on_defaults),
        ("All branches", False, choices.on_all),
    )
    is_kept = bool(filters.branches_in_force)
    return tuple(
        FilterWay(
            text=text,
            href=state.with_filters(
                branch=(), default_branch=None if is_on is is_metric else is_on
            ),
            count=numbers.count(number),
            is_current=not filters.branch and is_kept is is_on,
        )
        for text, is_on, number in ways
    )


def _without(state: PageState, name: str) -> str:
    """The page without one filter; a filter that is the page itself leads to all."""
    if name == "branch":
        return state.with_filters(branch=(), default_branch=None)
    if name not in state.pinned:
        return state.with_filters(**{name: ()})
    return state.elsewhere(address("overview"))


def _summary(name: str, chosen: tuple[Any, ...], offered: Offered) -> str:
    if chosen:
        first = option_name(name, chosen[0], offered)
        return first if len(chosen) == 1 else f"{first} +{len(chosen) - 1}"
    if name == "project" and offered.projects:
        return f"All {len(offered.projects)}"
    return ANY.get(name, "All")


def _options(filters: Filters, offered: Offered, name: str) -> Iterable[FilterOption]:
    chosen = getattr(filters, name)
    runs = offered.choices.runs.get(name, {}) if offered.choices else {}
    values: list[Any] = [*chosen, *(value for value in _all(name, offered, runs))]
    ordered = sorted(
        dict.fromkeys(values), key=lambda value: _place(name, value, chosen, offered)
    )
    for value in ordered[:MOST_OPTIONS]:
        yield FilterOption(
            value=str(value),
            text=option_name(name, value, offered),
            count=numbers.count(runs.get(value, 0)) if offered.choices else "",
            checked=value in chosen,
            tool=_tool(name, value, offered),
        )


def _all(name: str, offered: Offered, runs: Mapping[Any, int]) -> Iterable[Any]:
    """Projects and tools are few and always offered; of the rest what has runs."""
    if name == "project":
        return offered.projects
    if name == "tool":
        used = {project.tool for project in offered.projects.values()}
        return [tool for tool in TOOLS if tool in used]
    return runs


def _place(
    name: str, value: Any, chosen: tuple[Any, ...], offered: Offered
) -> tuple[bool, str]:
    """What is chosen stands first, where a long list would hide it."""
    return value not in chosen, option_name(name, value, offered).casefold()


def _tool(name: str, value: Any, offered: Offered) -> Tool | None:
    if name == "project" and value in offered.projects:
        return tool(offered.projects[value].tool)
    return tool(value) if name == "tool" else None


def tool(vendor: str) -> Tool:
    return Tool(vendor=vendor, label=tool_label(vendor))


def _windows(state: PageState) -> tuple[WindowLink, ...]:
    filters = state.filters
    days = filters.window_days
    if filters.list_window() is None and state.has_default_window:
        days = state.default_days
    links = [
        WindowLink(
            text=f"{number}d",
            href=state.with_filters(window_days=number, since=None, until=None),
            is_current=days == number,
        )
        for number in WINDOWS
    ]
    if not state.has_default_window:
        everything = WindowLink(
            text="All",
            href=state.with_filters(window_days=None, since=None, until=None),
            is_current=filters.list_window() is None,
        )
        links.append(everything)
    return tuple(links)


def _date(state: PageState, name: str) -> str:
    """The day that the field of the custom range begins with."""
    window = state.window
    given: datetime | None = getattr(state.filters, name)
    if given is None and window is not None:
        given = getattr(window, name)
        if name == "until":
            # The field says the first day that is not included any more.
            given += timedelta(days=1)
    return _day(given).isoformat() if given else ""


def _day(moment: datetime) -> date:
    return moment.astimezone(UTC).date()
