"""All tests by duration: the median now, the 95th percentile, the median before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.lists import SLOW
from dashboard.lists.failing import ranked_cases
from dashboard.metrics.slow import SlowCase
from dashboard.metrics.strips import letters, strips
from dashboard.pages.cases.rows import (
    LAST,
    NAME,
    PROJECT,
    STRIP,
    ListedCase,
    whole,
)
from dashboard.ui import links
from dashboard.ui.list_layout import ListLayout, ListPage, export, listing_page
from dashboard.ui.notes_and_mutes import mute_words, remarks_on
from dashboard.ui.number_links import counted
from dashboard.ui.parts import Delta, EmptyState, Number, Tone
from dashboard.ui.tables import Column
from dashboard.ui.text import deltas, numbers, times
from dashboard.ui.toggles import StatusToggle

# A smaller change of a median is of no interest.
NOISE_SHARE = 0.2
COLUMNS = (
    replace(NAME, sort=""),
    PROJECT,
    STRIP,
    Column("passed", "Passed", "n", sort="-n", css="num"),
    Column("p50", "Median", "p50_ms", sort="-p50_ms", css="b num strong"),
    Column("p95", "95th percentile", "p95_ms", sort="-p95_ms", css="f num sec"),
    Column("change", "Change", sort="-change", css="c"),
)
NO_DURATION = EmptyState(
    title="No duration is known",
    text="No test passed with a known duration in this time.",
    icon="calendar",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowListRow(ListedCase):
    """A case with the median and the 95th percentile of what it took to pass."""

    slow: SlowCase
    passed_href: str

    @property
    def sample(self) -> str:
        return f"of {numbers.plural(self.slow.n, 'known duration')}"

    @property
    def passed(self) -> Number:
        href = self.passed_href
        return counted("passed", self.slow.passed, href, title=self.sample)

    @property
    def delta(self) -> Delta | None:
        """The change against the window before; longer is worse."""
        now, before = self.slow.p50_ms, self.slow.previous_p50_ms
        delta = deltas.share_delta(now, before) if before else None
        if delta is None or before is None:
            return None
        change = now / before - 1
        tone: Tone = "flat"
        if abs(change) > NOISE_SHARE:
            tone = "bad" if change > 0 else "good"
        return replace(delta, tone=tone, title=f"{times.duration(before)} before")


def slow_page(layout: ListLayout, toggles: tuple[StatusToggle, ...]) -> ListPage:
    """`toggles` lead to the other lists of tests."""
    return listing_page(
        layout,
        whole(SLOW),
        COLUMNS,
        lambda slow: _rows(layout, slow),
        title="All tests by duration",
        what="test",
        css="tall blocks slow",
        toggles=toggles,
        buttons=(export(layout.state, "api-metrics-slow"),),
        quiet=NO_DURATION,
    )


def _rows(layout: ListLayout, slow: Sequence[SlowCase]) -> list[SlowListRow]:
    filters, clock = layout.state.filters, layout.clock
    ids = [item.case for item in slow]
    cases, remarks = ranked_cases(ids), remarks_on(ids, clock.now)
    cells = strips(ids, filters, filters.window(), last=LAST)
    plain = replace(filters, q="")
    return [
        SlowListRow(
            case=cases[item.case],
            project=layout.projects.get(item.project),
            strip=letters(cells.get(item.case, ())),
            muted=mute_words(remarks.get(item.case), clock.moment),
            slow=item,
            passed_href=links.results(plain, ("passed",), case=(item.case,)),
        )
        for item in slow
    ]
