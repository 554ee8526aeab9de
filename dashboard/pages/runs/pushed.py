"""What a reader should know of a run that was pushed: how it ended, what is not handed on."""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.addresses import address
from dashboard.lists.relay import unsent_of_run
from dashboard.readers import is_signed_in
from dashboard.ui.parts import Link, Note, Tool, warning
from dashboard.ui.text.numbers import plural
from ingest.models import PushedRun, Run


def pushed_notes(run: Run, tool: Tool) -> Iterator[Note]:
    """One query for a run that is relayed, none for another."""
    pushed: PushedRun | None = getattr(run, "pushed", None)
    if pushed is None:
        return
    if pushed.is_abandoned:
        yield warning(
            "Nobody ended this run, so it ended by itself.",
            "Its client broke off or told no end: results may be lacking.",
        )
    if pushed.is_relayed:
        yield from _relayed(run, tool)


def _relayed(run: Run, tool: Tool) -> Iterator[Note]:
    waiting, stuck = unsent_of_run(run)
    link = Link(text="Relay", href=address("relay")) if is_signed_in() else None
    if stuck:
        verb = "was" if stuck == 1 else "were"
        fact = f"{plural(stuck, 'request')} of it {verb} not taken by {tool.label}."
        yield warning(fact, f"{tool.label} may lack results that are here.", link)
    elif waiting:
        verb = "waits" if waiting == 1 else "wait"
        fact = f"{plural(waiting, 'request')} of it {verb} to be handed on to {tool.label}."
        text = "Until then there is less of it than here."
        yield Note(kind="info", glyph="syncing", fact=fact, text=text, link=link)
