"""The settings of one project: what a person chose, what it does, what else there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from dashboard.annotations.audit_log import newest_of, with_newest
from dashboard.filters import Filters
from dashboard.models import ActKind, ConfigurationChoice, ProjectChoice
from dashboard.models.annotations import Annotation
from dashboard.readers import for_signed_in
from dashboard.ui import links
from dashboard.ui.clock import Clock
from dashboard.ui.filter_bar import tool
from dashboard.ui.history import History, project_history
from dashboard.ui.lengths import Name
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Crumb, EmptyState, Link, Number, Tool
from dashboard.ui.text import numbers
from ingest.models import Configuration, Project, Run

DAYS = 30
MOST_BRANCHES = 500


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


def project_settings_page(
    project: Project, clock: Clock, *, may_write: bool, before: int | None = None
) -> ProjectSettingsPage:
    """`before` is the act that the page of the history before this one ended with."""
    path = reverse("project-settings", args=[project.pk])
    configurations = _configurations(project, clock)
    return ProjectSettingsPage(
        title="Settings",
        project=project.name,
        tool=tool(project.connection.vendor),
        crumbs=(
            Crumb(text="Overview", href="/"),
            Crumb(text=project.name, href=links.project(project.pk)),
        ),
        branch=_branch(project, clock),
        configurations=configurations,
        branch_action=reverse("project-branch", args=[project.pk]),
        alias_action=reverse("project-alias", args=[project.pk]),
        may_write=may_write,
        log_in_href=f"{reverse('login')}?{urlencode({'next': path})}",
        history=project_history(project, before, clock),
        empty=None if configurations else _no_configurations(),
    )


def _branch(project: Project, clock: Clock) -> BranchSetting:
    choice = ProjectChoice.objects.filter(project=project).first()
    chosen = choice.default_branch if choice else ""
    since = clock.now - timedelta(days=DAYS)
    runs = Run.objects.filter(project=project, removed_at__isnull=True)
    rows = runs.values_list("branch").annotate(
        runs=Count("pk"), lately=Count("pk", filter=Q(at__gte=since))
    )
    counts = {branch: (every, lately) for branch, every, lately in rows.order_by()}
    return BranchSetting(
        options=tuple(_options(counts, chosen)),
        chosen=chosen,
        effect=_effect({b: lately for b, (_, lately) in counts.items()}, chosen),
        links=_links(project, chosen),
        changed=_changed(choice, clock),
        seen=newest_of(project, ActKind.BRANCH),
    )


def branch_again(
    page: ProjectSettingsPage, branch: str, problem: str
) -> ProjectSettingsPage:
    """The page with the branch as it was sent, which counts when it is sent again."""
    options = _choosing(page.branch.options, branch)
    sent = replace(page.branch, options=options, problem=problem)
    return replace(page, branch=sent)


def alias_again(
    page: ProjectSettingsPage, name: str, of: str, problem: str
) -> ProjectSettingsPage:
    """The page with one configuration's choice as it was sent, likewise."""
    rows = tuple(
        replace(row, options=_choosing(row.options, of), problem=problem)
        if row.name == name
        else row
        for row in page.configurations
    )
    return replace(page, configurations=rows)


def _choosing(
    options: Iterable[SettingOption], value: str
) -> tuple[SettingOption, ...]:
    return tuple(replace(one, is_chosen=one.value == value) for one in options)


def _options(
    counts: Mapping[str, tuple[int, int]], chosen: str
) -> Iterable[SettingOption]:
    """All branches, then each that was seen; those with the most runs first."""
    yield SettingOption(value="", text="All branches", is_chosen=not chosen)
    runs = {chosen: 0} | {branch: every for branch, (every, _) in counts.items()}
    named = [branch for branch in runs if branch]
    # The present choice first, so that a long list never cuts it off.
    named.sort(key=lambda branch: (branch != chosen, -runs[branch], branch))
    for branch in named[:MOST_BRANCHES]:
        yield SettingOption(
            value=branch,
            text=f"{branch} ({numbers.plural(runs[branch], 'run')})",
            is_chosen=branch == chosen,
        )


def _effect(lately: Mapping[str, int], chosen: str) -> str:
    """What the choice does to the runs of the last 30 days."""
    total = sum(lately.values())
    every = f"{numbers.plural(total, 'run')} of the last {DAYS} days"
    if not chosen:
        return f"All {every} count, on whatever branch." if total else "No run lately."
    kept = lately.get(chosen, 0)
    others = len([b for b, number in lately.items() if number and b and b != chosen])
    nameless = lately.get("", 0)
    out = f"{numbers.count(total - kept)} stay out"
    reasons = [f"on {numbers.plural(others, 'other branch', 'other branches')}"]
    if nameless:
        reasons.append(f"{numbers.count(nameless)} of them without a branch")
    reason = f" ({', '.join(reasons)})" if total > kept else ""
    return f"{numbers.count(kept)} of {every} count, {out}{reason}."


def _links(project: Project, chosen: str) -> tuple[Link, ...]:
    """The figures with and without the choice."""
    if not chosen:
        return ()
    href = links.project(project.pk)
    return (
        Link(text=f"Figures of {chosen}", href=href),
        Link(text="Figures of all branches", href=f"{href}?default_branch=0"),
    )


def _configurations(project: Project, clock: Clock) -> tuple[ConfigurationSetting, ...]:
    rows = list(
        Configuration.objects.filter(project=project)
        .select_related("alias_of")
        .annotate(**with_newest((ActKind.ALIAS,)))
        .order_by("name")
    )
    alive = Run.objects.filter(project=project, removed_at__isnull=True)
    counted_runs = alive.values_list("configuration").annotate(runs=Count("pk"))
    runs = dict(counted_runs.order_by())
    choices = {
        choice.configuration_id: choice
        for choice in ConfigurationChoice.objects.filter(configuration__in=rows)
    }
    aliases: dict[int, list[str]] = {}
    for row in rows:
        if row.alias_of_id:
            aliases.setdefault(row.alias_of_id, []).append(row.name)
    targets = [row for row in rows if row.alias_of_id is None]
    return tuple(
        ConfigurationSetting(
            name=row.name,
            runs=_runs(row, runs.get(row.pk, 0), row.pk in aliases),
            counts_as=row.alias_of.name if row.alias_of else "",
            aliases=", ".join(aliases.get(row.pk, ())),
            options=_targets(row, targets) if row.pk not in aliases else (),
            changed=_changed(choices.get(row.pk), clock),
            seen=newest_of(row, ActKind.ALIAS),
        )
        for row in rows
    )


def _runs(row: Configuration, number: int, has_aliases: bool) -> Number:
    """With a door where the filter by this name chooses these runs alone."""
    href = ""
    if not has_aliases and row.alias_of_id is None:
        chosen = Filters(project=(row.project_id,), configuration=(row.name,))
        href = f"/runs/?{chosen.to_query()}"
    return counted("runs", number, href)


def _targets(
    row: Configuration, targets: Iterable[Configuration]
) -> tuple[SettingOption, ...]:
    """Itself, and every other one that is no alias: no chains."""
    others = [
        SettingOption(
            value=target.name, text=target.name, is_chosen=target.pk == row.alias_of_id
        )
        for target in targets
        if target.pk != row.pk
    ]
    if not others:
        return ()
    itself = SettingOption(value="", text="itself", is_chosen=row.alias_of_id is None)
    return (itself, *others)


def _changed(choice: Annotation | None, clock: Clock) -> str:
    if choice is None:
        return ""
    at: datetime = choice.at
    by = for_signed_in(choice.by)
    return f"by {by}, {clock.ago(at)}" if by else clock.ago(at)


def _no_configurations() -> EmptyState:
    return EmptyState(
        title="No configuration yet",
        text="The tool names none for the runs of this project.",
        icon="info",
    )
