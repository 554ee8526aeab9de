"""The form that chooses two runs from recent ones."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from dashboard.metrics.run_before import alike
from dashboard.pages.compare.state import CompareState, runs
from dashboard.ui.clock import Clock
from dashboard.ui.parts import FieldOption
from dashboard.ui.run_rows import run_label
from ingest.contract import Detail
from ingest.models import Run

AT_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    label: str
    options: tuple[FieldOption, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunChooser:
    """The form that chooses both runs from recent ones."""

    base: tuple[OptionGroup, ...]
    head: tuple[OptionGroup, ...]


def chooser(state: CompareState, clock: Clock) -> RunChooser:
    """Runs like the one that is known first, then those of its project, then others."""
    known = state.head or state.base
    groups = _groups(known)
    return RunChooser(
        base=_options(groups, state.base, clock),
        head=_options(groups, state.head, clock),
    )


def _groups(known: Run | None) -> list[tuple[str, Sequence[Run]]]:
    if known is None:
        return [("Newest runs", _newest(_comparable(), 2 * AT_MOST))]
    same = _newest(_comparable().filter(pk__in=alike(known).values("pk")), AT_MOST)
    of_project = _comparable().filter(project_id=known.project_id)
    rest = _newest(of_project.exclude(pk__in=[run.pk for run in same]), AT_MOST)
    others = _comparable().exclude(project_id=known.project_id)
    return [
        ("Same source, configuration and branch", same),
        (f"Others of {known.project.name}", [r for r in rest if r.pk != known.pk]),
        ("Other projects", _newest(others, AT_MOST)),
    ]


def _comparable() -> QuerySet[Run]:
    return runs().filter(removed_at__isnull=True, detail=Detail.ROWS)


def _newest(chosen: QuerySet[Run], most: int) -> list[Run]:
    return list(chosen.order_by("-at", "-pk")[:most])


def _options(
    groups: Iterable[tuple[str, Sequence[Run]]], chosen: Run | None, clock: Clock
) -> tuple[OptionGroup, ...]:
    listed = [(label, members) for label, members in groups if members]
    if chosen and all(chosen.pk != r.pk for _, members in listed for r in members):
        listed.insert(0, ("Chosen", [chosen]))
    return tuple(
        OptionGroup(
            label=label,
            options=tuple(_option(run, chosen, clock) for run in members),
        )
        for label, members in listed
    )


def _option(run: Run, chosen: Run | None, clock: Clock) -> FieldOption:
    text = f"{run.name} {run_label(run)}, {run.project.name}, {clock.moment(run.at)}"
    return FieldOption(
        value=str(run.pk),
        text=text,
        checked=chosen is not None and chosen.pk == run.pk,
    )
