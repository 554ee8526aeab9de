"""What pages say of runs that a person excluded from every number."""

from __future__ import annotations

from dataclasses import replace

from dashboard.lists.flaky_inputs import uncounted_runs
from dashboard.ui import links
from dashboard.ui.panels import load_or_none
from dashboard.ui.parts import Link, Note
from dashboard.ui.text.numbers import plural
from dashboard.ui.url_state import PageState


def left_out_note(state: PageState) -> tuple[Note, ...]:
    """How many runs the numbers of the page leave out, with the way to them; nothing
    where they leave out none.
    """
    filters = state.filters
    if not filters.has_uncounted or filters.with_uncounted:
        return ()
    runs = load_or_none("runs left out", lambda: uncounted_runs(filters, state.window))
    if not runs:
        return ()
    verb = "is" if runs == 1 else "are"
    if state.has_default_window and filters.list_window() is None:
        filters = replace(filters, window_days=state.default_days)
    href = links.runs_uncounted(filters)
    return (
        Note(
            kind="info",
            glyph="stale",
            fact=f"{plural(runs, 'run')} {verb} left out.",
            text="A person excluded "
            f"{'it' if runs == 1 else 'them'} from every number, with a reason.",
            link=Link(text="See the run" if runs == 1 else "See the runs", href=href),
        ),
    )
