"""The settings of one project: what a person chose, what it does, what else there is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from dashboard.addresses import address
from dashboard.annotations.audit_log import newest_of
from dashboard.annotations.projects import (
    ConfigurationState,
    RunCounts,
    branch_choice,
    configuration_states,
    run_counts_by_branch,
)
from dashboard.filters import Filters
from dashboard.lists.people import teams
from dashboard.models import ActKind
from dashboard.models.annotations import Annotation
from dashboard.people.teams import everybody, teams_said
from dashboard.people.versions import version_of
from dashboard.readers import Role, for_signed_in, is_signed_in, reader
from dashboard.ui.clock import Clock
from dashboard.ui.history import History, project_history
from dashboard.ui.lengths import Name
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number
from dashboard.ui.text import numbers
from ingest.models import Project

DAYS = 30
MOST_BRANCHES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingOption:
    """A value to choose, with what it would mean ("412 runs")."""

    value: str
    text: Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a form chooses among `options`; without any there is no choice.

    `chosen` is in force, "" where nobody chose, and `value` is what the form offers.
    `changed` tells who chose it and when, `expected_version` is the newest act that the
    form knows, and `problem` says why what was sent was not taken.
    """

    chosen: Name
    value: str
    options: tuple[SettingOption, ...]
    changed: str
    expected_version: int
    problem: str = ""

    def sent(self, value: str, problem: str) -> Setting:
        """With the value as it was sent, which counts when it is sent again."""
        return replace(self, value=value, problem=problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRow:
    """A configuration with its runs of all time; `aliases` count as it."""

    name: Name
    runs: Number
    aliases: str
    setting: Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBy:
    """The teams that see the project, by name; administrators are offered all of them
    in `choices`: (id, name, whether it is one). `is_told`: to who is signed in.
    `everybody`: who sees a project of no team.
    """

    teams: tuple[Name, ...] = ()
    choices: tuple[tuple[int, str, bool], ...] = ()
    is_told: bool = False
    everybody: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettingsPage:
    """`effect` says what the present choice of a branch does."""

    project: str
    project_id: int
    tool: str
    branch: Setting
    effect: str
    configurations: tuple[ConfigurationRow, ...]
    seen_by: SeenBy
    history: History


def project_settings_page(
    project: Project, clock: Clock, before: int | None
) -> ProjectSettingsPage:
    """`before` is the act that the page of the history before this one ended with."""
    choice = branch_choice(project)
    chosen = choice.default_branch if choice else ""
    counts = run_counts_by_branch(project, clock.now - timedelta(days=DAYS))
    return ProjectSettingsPage(
        project=project.name,
        project_id=project.pk,
        tool=project.connection.vendor,
        branch=Setting(
            chosen=chosen,
            value=chosen,
            options=tuple(_branch_options(counts, chosen)),
            changed=_changed(choice, clock),
            expected_version=newest_of(project, ActKind.BRANCH),
        ),
        effect=_effect({b: count.lately for b, count in counts.items()}, chosen),
        configurations=_configurations(project, clock),
        seen_by=_seen_by(project),
        history=project_history(project, before, clock),
    )


def _seen_by(project: Project) -> SeenBy:
    if not is_signed_in():
        return SeenBy()
    own = dict(project.teams.values_list("pk", "name"))
    every = teams().values_list("pk", "name") if reader().may(Role.ADMIN) else ()
    return SeenBy(
        teams=tuple(sorted(own.values())),
        choices=tuple((pk, name, pk in own) for pk, name in every),
        is_told=True,
        everybody=everybody(),
        version=version_of(teams_said(project)),
    )


def with_sent_branch(
    page: ProjectSettingsPage, branch: str, problem: str
) -> ProjectSettingsPage:
    return replace(page, branch=page.branch.sent(branch, problem))


def with_sent_alias(
    page: ProjectSettingsPage, name: str, of: str, problem: str
) -> ProjectSettingsPage:
    rows = tuple(
        replace(row, setting=row.setting.sent(of, problem)) if row.name == name else row
        for row in page.configurations
    )
    return replace(page, configurations=rows)


def _branch_options(
    counts: Mapping[str, RunCounts], chosen: str
) -> Iterable[SettingOption]:
    """All branches, then each that was seen; those with the most runs first."""
    yield SettingOption(value="", text="All branches")
    runs = {chosen: 0} | {branch: count.ever for branch, count in counts.items()}
    # The present choice first, so that a long list never cuts it off.
    named = sorted(filter(None, runs), key=lambda b: (b != chosen, -runs[b], b))
    for branch in named[:MOST_BRANCHES]:
        text = f"{branch} ({numbers.plural(runs[branch], 'run')})"
        yield SettingOption(value=branch, text=text)


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


def _configurations(project: Project, clock: Clock) -> tuple[ConfigurationRow, ...]:
    states = configuration_states(project)
    targets = [one.name for one in states if not one.counts_as]
    return tuple(
        ConfigurationRow(
            name=one.name,
            runs=_runs(project, one),
            aliases=", ".join(one.aliases),
            setting=Setting(
                chosen=one.counts_as,
                value=one.counts_as,
                options=_targets(one, targets),
                changed=_changed(one.choice, clock),
                expected_version=one.newest_act,
            ),
        )
        for one in states
    )


def _runs(project: Project, state: ConfigurationState) -> Number:
    """With a door where the filter by this name chooses these runs alone."""
    chosen = Filters(project=(project.pk,), configuration=(state.name,))
    is_alone = not state.aliases and not state.counts_as
    href = f"{address('runs')}?{chosen.to_query()}" if is_alone else ""
    return counted("runs", state.runs, href)


def _targets(
    state: ConfigurationState, targets: Iterable[str]
) -> tuple[SettingOption, ...]:
    """Itself, and every other one that is no alias: no chains."""
    others = [name for name in targets if name != state.name]
    if state.aliases or not others:
        return ()
    itself = SettingOption(value="", text="itself")
    return (itself, *(SettingOption(value=name, text=name) for name in others))


def _changed(choice: Annotation | None, clock: Clock) -> str:
    if choice is None:
        return ""
    by, ago = for_signed_in(choice.by), clock.ago(choice.at)
    return f"by {by}, {ago}" if by else ago
