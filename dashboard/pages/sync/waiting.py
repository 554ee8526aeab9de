"""What waits for a person: connections that fail, words and records that nobody could
read, runs that the tool could not give.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dashboard.addresses import address, with_query
from dashboard.lists.looks import ProjectLook
from dashboard.lists.rejects import UnknownWord, rejects
from dashboard.lists.relay import stuck_requests
from dashboard.pages.sync.state import REJECTS, SYNC, address_with
from dashboard.readers import for_signed_in
from dashboard.ui import links
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Number, Verdict
from dashboard.ui.text.numbers import plural
from dashboard.ui.text.verdicts import Words, compose_verdict, piece
from ingest.models import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Of each kind the number with its door, and how one and several are called; the
    first kind is connections that bring nothing.
    """

    kinds: tuple[tuple[Number, str, str], ...]

    @property
    def total(self) -> int:
        return sum(int(number.value or 0) for number, _, _ in self.kinds)

    @property
    def verdict(self) -> Verdict | None:
        """ "3 things wait for a person: 1 unknown status, 2 rejected records."; None
        where nothing does.
        """
        if not self.total:
            return None
        glyph = "failing" if self.kinds[0][0].value else "stale"
        verb = "waits" if self.total == 1 else "wait"
        bold = f"{plural(self.total, 'thing')} {verb} for a person:"
        return compose_verdict(glyph, (bold,), self._listed)

    @property
    def _listed(self) -> Words:
        """ " 1 unknown status, 2 rejected records."."""
        found = [
            piece(number, plural(int(number.value), one, several))
            for number, one, several in self.kinds
            if number.value
        ]
        commas = [part for said in found for part in (", ", said)]
        return (" ", *commas[1:], ".")


def waiting(
    troubled: Sequence[Connection],
    words: Iterable[UnknownWord],
    known: Mapping[int, Connection],
    looks: Iterable[ProjectLook],
) -> Waiting:
    """`troubled` are the connections that need somebody, `known` all. A word that was
    mapped waits for the next sync alone, and what was kept with a doubt for nobody.
    """
    unmapped = sum(
        not known[one.connection_id].status_map.get(one.word) for one in words
    )
    left_out = rejects(state="open", is_stored=False).count()
    of_records = for_signed_in(address_with(REJECTS, state="open", kept=0))
    failing = links.connections([row.pk for row in troubled])
    missing = sum(look.unreadable_runs for look in looks)
    return Waiting(
        kinds=(
            (
                counted("troubled", len(troubled), failing),
                "connection without new data",
                "connections without new data",
            ),
            (
                counted("", unmapped, _card("rejects")),
                "unknown status",
                "unknown statuses",
            ),
            (
                counted("rejected", left_out, of_records),
                "rejected record",
                "rejected records",
            ),
            (
                counted("", missing, _card("looks")),
                "run that its tool could not give",
                "runs that their tools could not give",
            ),
            (
                counted("", stuck_requests(), for_signed_in(address("relay"))),
                "request that its tool did not take",
                "requests that their tools did not take",
            ),
        )
    )


def _card(name: str) -> str:
    """The place on the page itself where such things are named; no list counts them, so
    the numbers that lead there bear no metric.
    """
    return with_query(address(SYNC), [], name)
