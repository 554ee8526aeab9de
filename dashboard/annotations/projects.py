"""How a project is judged: by which branch, and which configurations are the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q

from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.audit_log import (
    NOTHING,
    Said,
    newest_of,
    record,
    with_newest,
)
from dashboard.annotations.versions import raise_versions
from dashboard.models import ActKind, ConfigurationChoice, ProjectChoice
from ingest.models import Configuration, Project, Run


class CannotChoose(Exception):
    """What a person chose for a project cannot be; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCounts:
    """A project's runs on a branch: of all time, and since a moment."""

    ever: int
    lately: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationState:
    """A configuration with its runs of all time, what it counts as ("" itself), what
    counts as it, who chose so, and the newest act about it (0 without one).
    """

    name: str
    runs: int
    counts_as: str
    aliases: tuple[str, ...]
    choice: ConfigurationChoice | None
    newest_act: int


def branch_choice(project: Project) -> ProjectChoice | None:
    return ProjectChoice.objects.filter(project=project).first()


def run_counts_by_branch(project: Project, since: datetime) -> dict[str, RunCounts]:
    runs = Run.objects.filter(project=project, removed_at__isnull=True)
    rows = runs.order_by().values_list("branch")
    lately = Count("pk", filter=Q(at__gte=since))
    return {
        branch: RunCounts(ever=ever, lately=late)
        for branch, ever, late in rows.annotate(ever=Count("pk"), lately=lately)
    }


def configuration_states(project: Project) -> list[ConfigurationState]:
    """Of all configurations of a project, by name; three queries."""
    configurations = Configuration.objects.filter(project=project).order_by("name")
    newest = with_newest((ActKind.ALIAS,))
    rows = list(configurations.select_related("alias_of").annotate(**newest))
    runs = Run.objects.filter(project=project, removed_at__isnull=True).order_by()
    counts = dict(runs.values_list("configuration").annotate(runs=Count("pk")))
    made = ConfigurationChoice.objects.filter(configuration__project=project)
    choices = {choice.configuration_id: choice for choice in made}
    aliases: dict[int | None, list[str]] = {}
    for row in rows:
        aliases.setdefault(row.alias_of_id, []).append(row.name)
    return [
        ConfigurationState(
            name=row.name,
            runs=counts.get(row.pk, 0),
            counts_as=row.alias_of.name if row.alias_of else "",
            aliases=tuple(aliases.get(row.pk, ())),
            choice=choices.get(row.pk),
            newest_act=newest_of(row, ActKind.ALIAS),
        )
        for row in rows
    ]


@transaction.atomic
def choose_default_branch(
    project: Project, branch: str, *, by: str, expected_version: int | None = None
) -> None:
    """Figures count runs of this branch alone from now on; "" counts all again.

    Raises:
        CannotChoose: no run of the project is on the branch.
        ChangedMeanwhile: somebody chose another one after that act.
    """
    if branch and ("\0" in branch or not _has_runs(project, branch)):
        raise CannotChoose(
            f"No run of {project.name} is on the branch “{branch[:80]}”."
        )
    with advisory_lock(f"branch of project {project.pk}"):
        choice = ProjectChoice.objects.filter(project=project).first()
        before = _judged_by(choice.default_branch if choice else "")
        if before == _judged_by(branch):
            return
        after = _judged_by(branch)
        record(
            ActKind.BRANCH,
            project,
            before,
            after,
            by=by,
            expected_version=expected_version,
        )
        said = {"default_branch": branch, "by": by}
        ProjectChoice.objects.update_or_create(project=project, defaults=said)
        raise_versions([project.pk])


def _judged_by(branch: str) -> Said:
    return {"branch": branch} if branch else NOTHING


def _has_runs(project: Project, branch: str) -> bool:
    runs = Run.objects.filter(project=project, branch=branch, removed_at=None)
    return runs.exists()


@transaction.atomic
def choose_alias(
    project: Project,
    name: str,
    of: str,
    *,
    by: str,
    expected_version: int | None = None,
) -> None:
    """The configuration called `name` counts as the one called `of`; "" as itself.

    Raises:
        CannotChoose: one of them is not there, they are one, or a chain would result.
        ChangedMeanwhile: somebody chose another one after that act.
    """
    # The key stays free, so that a sync may store runs of them meanwhile.
    rows = Configuration.objects.select_for_update(no_key=True)
    known = {row.name: row for row in rows.filter(project=project).order_by("pk")}
    chosen, target = known.get(name), known.get(of)
    if chosen is None or (of and target is None):
        missing = of if chosen is not None else name
        raise CannotChoose(f"There is no configuration “{missing[:80]}” here.")
    if target is not None:
        _check(chosen, target, [row for row in known.values() if row.alias_of_id])
    if chosen.alias_of_id == (target.pk if target else None):
        return
    names = {row.pk: name for name, row in known.items()}
    before, after = _counted_as(names.get(chosen.alias_of_id or 0, "")), _counted_as(of)
    record(
        ActKind.ALIAS, chosen, before, after, by=by, expected_version=expected_version
    )
    Configuration.objects.filter(pk=chosen.pk).update(alias_of=target)
    ConfigurationChoice.objects.update_or_create(
        configuration=chosen, defaults={"by": by}
    )
    raise_versions([project.pk])


def _counted_as(name: str) -> Said:
    return {"counts_as": name} if name else NOTHING


def _check(
    chosen: Configuration, target: Configuration, aliases: list[Configuration]
) -> None:
    """No chains: an alias stands for one that is none, and nothing stands for it."""
    if chosen.pk == target.pk:
        raise CannotChoose("A configuration counts as itself already.")
    if target.alias_of_id is not None:
        raise CannotChoose(
            f"{target.name} counts as another one itself. Choose that one instead."
        )
    dependent = [row.name for row in aliases if row.alias_of_id == chosen.pk]
    if dependent:
        raise CannotChoose(
            f"{', '.join(sorted(dependent)[:3])} counts as {chosen.name}. "
            "Let that stand for itself first."
        )
