"""The settings of one project: what a person chose, what it does, what else there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Count, Q
from django.urls import reverse

from dashboard import words
from dashboard.annotations.audit_log import newest_of, with_newest
from dashboard.contexts import Crumb, EmptyState, Link, Number
from dashboard.contexts.project_settings import (
    BranchSetting,
    ConfigurationSetting,
    ProjectSettingsPage,
    SettingOption,
)
from dashboard.filters import Filters
from dashboard.models import ActKind, ConfigurationChoice, ProjectChoice
from dashboard.models.annotations import Annotation
from dashboard.pages import doors
from dashboard.pages.clock import Clock
from dashboard.pages.filter_bar import tool
from dashboard.pages.history import project_history
from dashboard.pages.numbers import counted
from dashboard.readers import for_signed_in
from ingest.models import Configuration, Project, Run

DAYS = 30
MOST_BRANCHES = 500


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
            Crumb(text=project.name, href=doors.project(project.pk)),
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
            text=f"{branch} ({words.plural(runs[branch], 'run')})",
            is_chosen=branch == chosen,
        )


def _effect(lately: Mapping[str, int], chosen: str) -> str:
    """What the choice does to the runs of the last 30 days."""
    total = sum(lately.values())
    every = f"{words.plural(total, 'run')} of the last {DAYS} days"
    if not chosen:
        return f"All {every} count, on whatever branch." if total else "No run lately."
    kept = lately.get(chosen, 0)
    others = len([b for b, number in lately.items() if number and b and b != chosen])
    nameless = lately.get("", 0)
    out = f"{words.count(total - kept)} stay out"
    reasons = [f"on {words.plural(others, 'other branch', 'other branches')}"]
    if nameless:
        reasons.append(f"{words.count(nameless)} of them without a branch")
    reason = f" ({', '.join(reasons)})" if total > kept else ""
    return f"{words.count(kept)} of {every} count, {out}{reason}."


def _links(project: Project, chosen: str) -> tuple[Link, ...]:
    """The figures with and without the choice."""
    if not chosen:
        return ()
    href = doors.project(project.pk)
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
