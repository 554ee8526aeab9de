"""The settings of one project: its default branch and which configurations are one."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.contexts.history import History
from dashboard.contexts.lengths import Name
from dashboard.contexts.parts import Crumb, EmptyState, Link, Number, Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingOption:
    """A value to choose, with what it would mean ("412 runs")."""

    value: str
    text: Name
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchSetting:
    """`effect` says what the present choice does; `changed` who made it and when.
    `seen` is the newest act that the form knows; `problem` says why what was sent was not
    taken.
    """

    options: tuple[SettingOption, ...]
    chosen: str
    effect: str
    links: tuple[Link, ...] = ()
    changed: str = ""
    seen: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSetting:
    """A configuration with its runs of all time. `counts_as` is "" for itself;
    `aliases` are those that count as it. Without `options` there is no choice.
    `seen` and `problem` as above.
    """

    name: str
    runs: Number
    counts_as: str
    aliases: str = ""
    options: tuple[SettingOption, ...] = ()
    changed: str = ""
    seen: int = 0
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettingsPage:
    """`may_write` shows the forms; else `log_in_href` leads to the log-in."""

    title: str
    project: str
    tool: Tool
    crumbs: tuple[Crumb, ...]
    branch: BranchSetting
    configurations: tuple[ConfigurationSetting, ...]
    branch_action: str
    alias_action: str
    may_write: bool
    log_in_href: str
    history: History
    empty: EmptyState | None = None
