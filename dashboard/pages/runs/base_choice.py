"""The form that holds a run against another one than the run before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from dashboard.lists.comparable_runs import earlier_alike
from dashboard.pages.runs.page_data import PageData
from dashboard.ui.parts import FieldOption
from dashboard.ui.run_rows import run_label
from ingest.contract import Detail
from ingest.models import Run


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseChoice:
    """A form for another run to hold this one against; `hidden` is what stays."""

    action: str
    hidden: tuple[tuple[str, str], ...]
    options: tuple[FieldOption, ...]


def base_choice(data: PageData) -> BaseChoice | None:
    """None where there is nothing to choose from."""
    run, state, base = data.run, data.state, data.base
    if run.detail == Detail.COUNTS:
        return None
    chosen = base if state.base is not None else None
    runs = [one for one in earlier_alike(run) if one not in (data.before, chosen)]
    others = [chosen, *runs] if chosen else runs
    if not others:
        return None
    before = f"The run before, {_run_words(data.before)}" if data.before else "None"
    return BaseChoice(
        action=state.path,
        hidden=tuple(replace(state, base=None, change=None, page=1).pairs()),
        options=(
            FieldOption(value="", text=before, checked=chosen is None),
            *(
                FieldOption(
                    value=str(one.pk),
                    text=f"{_run_words(one)}, {data.clock.moment(one.at)}",
                    checked=one == chosen,
                )
                for one in others
            ),
        ),
    )


def _run_words(run: Run) -> str:
    return f"{run.name} {run_label(run)}"
