"""What can be chosen in each filter, and how many runs each choice leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, OuterRef

from dashboard.filters import Filters, Window, canonical_configuration
from dashboard.precomputed.cached import Metric, cached
from ingest.models import Run, RunMilestone

# The filters that are chosen from a list, in the order of the filter bar.
CHOSEN = ("project", "tool", "source", "configuration", "milestone", "branch")
DEFAULT_BRANCH = "default_branch"
Value = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facets:
    """Runs in the window by value of each filter, under all the other filters.

    `without`: how many runs there were with one active filter taken away, by its name;
    "default_branch" is one where default branches are in force.
    `defaults`: the default branches of projects with runs that pass the other filters;
    `on_defaults` of their `on_all` runs are on them, or of a project without one.
    """

    runs: Mapping[str, Mapping[Value, int]]
    without: Mapping[str, int]
    defaults: tuple[str, ...] = ()
    on_defaults: int = 0
    on_all: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Equal runs as far as filters can tell them apart."""

    project: int
    branch: str
    default_branch: str
    values: Mapping[str, tuple[Value, ...]]
    runs: int

    @property
    def is_on_default(self) -> bool:
        return not self.default_branch or self.branch == self.default_branch

    def missed(self, filters: Filters, active: Collection[str]) -> set[str]:
        """The active filters that these runs do not pass."""
        names = {n for n in active if not {*self.values[n]} & {*getattr(filters, n)}}
        default = dict(filters.branches_in_force).get(self.project, self.branch)
        return names if default == self.branch else {*names, DEFAULT_BRANCH}


def facets(filters: Filters, window: Window | None) -> Facets:
    """One query, kept while nothing changes; the window None is all time.

    The window ends with that of the filters.
    """
    # As exact as the end of the window is in the key: a window from a fixed moment grows.
    length_min = window and (window.until - window.since) // timedelta(minutes=1)
    metric = Metric(
        name=f"facets-{length_min}",
        kind=Facets,
        compute=lambda filters: _facets(filters, window),
        is_timeless=window is None,
    )
    return cached(metric, filters)


def _facets(filters: Filters, window: Window | None) -> Facets:
    active = {name for name in CHOSEN if getattr(filters, name)}
    runs: dict[str, dict[Value, int]] = {name: {} for name in CHOSEN}
    without = dict.fromkeys(active, 0)
    if filters.branches_in_force:
        without[DEFAULT_BRANCH] = 0
    defaults: set[str] = set()
    on = {True: 0, False: 0}
    for group in _groups(window):
        missed = group.missed(filters, active)
        if not missed - {"branch", DEFAULT_BRANCH}:
            defaults.add(group.default_branch)
            on[group.is_on_default] += group.runs
        for name in CHOSEN:
            # A choice of branches takes the place of the default ones.
            if missed - ({name, DEFAULT_BRANCH} if name == "branch" else {name}):
                continue
            for value in group.values[name]:
                runs[name][value] = runs[name].get(value, 0) + group.runs
        for name in without:
            if not missed - {name}:
                without[name] += group.runs
    return Facets(
        runs=runs,
        without=without,
        defaults=tuple(sorted(defaults - {""})),
        on_defaults=on[True],
        on_all=on[True] + on[False],
    )


def _groups(window: Window | None) -> Iterator[_Group]:
    runs = Run.objects.filter(removed_at__isnull=True)
    if window is not None:
        runs = runs.filter(at__gte=window.since, at__lt=window.until)
    links = RunMilestone.objects.filter(run=OuterRef("pk"), removed_at__isnull=True)
    ids = links.order_by("member__milestone_id").values("member__milestone_id")
    columns: dict[str, Any] = {
        "of_source": F("source__name"),
        "of_configuration": canonical_configuration(),
        "of_milestones": ArraySubquery(ids.distinct()),
        "default_branch": F("project__choice__default_branch"),
    }
    rows = runs.annotate(**columns).values_list(
        "project_id", "project__connection__vendor", *columns, "branch"
    )
    for *values, count in rows.annotate(count=Count("pk")).order_by():
        project, tool, source, configuration, milestones, default, branch = values
        yield _Group(
            project=project,
            branch=branch,
            default_branch=default or "",
            values={
                "project": (project,),
                "tool": (tool,),
                "source": (source,) if source else (),
                "configuration": (configuration,) if configuration else (),
                "milestone": tuple(milestones),
                "branch": (branch,) if branch else (),
            },
            runs=count,
        )
