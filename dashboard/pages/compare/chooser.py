"""What the form that chooses two runs offers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.lists.comparable_runs import comparable_runs
from dashboard.pages.compare.state import CompareState
from dashboard.ui.clock import Clock
from dashboard.ui.parts import FieldOption
from dashboard.ui.run_rows import run_label
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionGroup:
    label: str
    options: tuple[FieldOption, ...]


def choices(
    state: CompareState, clock: Clock
) -> tuple[tuple[OptionGroup, ...], tuple[OptionGroup, ...]]:
    """Of the base and of the head."""
    groups = comparable_runs(state.head or state.base)
    base, head = (_options(groups, run, clock) for run in (state.base, state.head))
    return base, head


def _options(
    groups: Iterable[tuple[str, Sequence[Run]]], chosen: Run | None, clock: Clock
) -> tuple[OptionGroup, ...]:
    listed = [(label, members) for label, members in groups if members]
    if chosen and all(chosen.pk != r.pk for _, members in listed for r in members):
        listed.insert(0, ("Chosen", [chosen]))

    def option(run: Run) -> FieldOption:
        name = f"{run.name} {run_label(run)}, {run.project.name}"
        text = f"{name}, {clock.moment(run.at)}"
        return FieldOption(value=str(run.pk), text=text, checked=run == chosen)

    return tuple(
        OptionGroup(label=label, options=tuple(map(option, members)))
        for label, members in listed
    )
