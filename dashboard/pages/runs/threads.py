"""The card of a run's threads: lanes on its clock, or what each thread took in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.lists.thread_timeline import (
    Block,
    ThreadTime,
    ThreadTimeline,
    thread_timeline,
)
from dashboard.pages.runs.state import RunState
from dashboard.ui.number_links import NO_ROWS, counted
from dashboard.ui.parts import EmptyState, Number, Piece, Sentence, Tool
from dashboard.ui.svg.outcomes import STATUS_ORDER
from dashboard.ui.svg.thread_timeline import Lane, LaneItem
from dashboard.ui.text import numbers, runs, times
from ingest.contract import NOT_PASSED, Detail, RunKind, Status
from ingest.models import Thread

MOST_LANES = 16
SLOWEST = 8
TOTALS_ONLY = (
    " A bar is as long as its thread took, divided by the number of its results."
)
# The axis ends a little after the last result.
ROOM = 1.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLane:
    """`end` is the clock of its last result ("18:42"); `is_last` marks the slowest."""

    name: str
    runner: Number
    href: str
    lane: Lane
    end: str
    not_passed: Number | None = None
    is_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadsCard:
    """`wall_ms` is the length of the axis; `ticks_ms` are its labels' places.

    `more` says how many lanes were left out ("24 more"), `more_href` shows them.
    """

    subtitle: str
    wall_ms: int
    lanes: tuple[ThreadLane, ...]
    balance: Sentence | None = None
    more: str = ""
    more_href: str = ""
    empty: EmptyState | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Card:
    """All that the lanes of one card share."""

    state: RunState
    tool: Tool
    threads: Mapping[int, Thread]
    times: ThreadTimeline


def threads_card(
    state: RunState, tool: Tool, threads: Mapping[int, Thread]
) -> ThreadsCard | None:
    """None where there is nothing to draw: manual runs and runs with totals only."""
    run = state.run
    if run.detail == Detail.COUNTS:
        return _totals_only(state, tool, threads)
    if run.kind == RunKind.MANUAL and not threads:
        return None
    times = thread_timeline(run, tool.vendor)
    if not times.is_timed and not threads:
        return _empty(
            "No threads to draw",
            f"{tool.label} tells neither threads nor when each test ran.",
        )
    if not any(thread.busy_ms for thread in times.threads):
        return _empty("No durations to draw", f"{tool.label} tells none for this run.")
    return _drawn(_Card(state=state, tool=tool, threads=threads, times=times))


def _empty(title: str, text: str) -> ThreadsCard:
    state = EmptyState(title=title, text=text, icon="info")
    return ThreadsCard(subtitle="", wall_ms=0, lanes=(), empty=state)


def _totals_only(
    state: RunState, tool: Tool, threads: Mapping[int, Thread]
) -> ThreadsCard | None:
    """Threads of a run without rows: how long each took, as the vendor states it."""
    timed = [thread for thread in threads.values() if thread.duration_ms]
    if not timed:
        return None
    timed.sort(key=lambda thread: -(thread.duration_ms or 0))
    longest = timed[0].duration_ms or 1
    shown = timed if state.lanes or len(timed) <= MOST_LANES else timed[:SLOWEST]
    lanes = tuple(_total_lane(thread, thread is timed[0]) for thread in shown)
    fact = f"{tool.label} gives each thread's totals only."
    return ThreadsCard(
        subtitle=f"{numbers.plural(len(timed), 'thread')}, longest {times.duration(longest)}",
        wall_ms=int(longest * ROOM),
        lanes=lanes,
        balance=Sentence(
            bold=(Piece(text=fact),),
            rest=(Piece(text=TOTALS_ONLY),),
        ),
        more=_more(len(timed) - len(shown)),
        more_href=state.href("threads", lanes=True),
    )


def _total_lane(thread: Thread, is_last: bool) -> ThreadLane:
    length = thread.duration_ms or 0
    bad = thread.failed + thread.error
    name = thread.name or f"thread {thread.external_id}"
    return ThreadLane(
        name=name,
        runner=_tests(thread.counts.total, title=NO_ROWS),
        href="#threads",
        lane=Lane(
            name=name,
            items=_shares(thread, length),
        ),
        end=times.clock(length),
        not_passed=counted("not_passed", bad, "", title=NO_ROWS) if bad else None,
        is_last=is_last,
    )


def _tests(count: int, title: str = "") -> Number:
    """The lane's name is their door already."""
    text = numbers.plural(count, "test")
    return Number(text=text, metric="results", value=count, title=title)


def _shares(thread: Thread, length_ms: int) -> tuple[LaneItem, ...]:
    """A thread's time divided among outcomes by their numbers, which is all we know."""
    total, start_ms, items = thread.counts.total, 0, []
    for status in STATUS_ORDER:
        if count := getattr(thread, status):
            share_ms = length_ms * count // total
            items.append(
                LaneItem(
                    status=str(status),
                    start_ms=start_ms,
                    duration_ms=share_ms,
                    title=f"{numbers.plural(count, 'test')}, {status}",
                )
            )
            start_ms += share_ms
    return tuple(items)


def _drawn(card: _Card) -> ThreadsCard:
    state, threads = card.state, card.times.threads
    is_packed = card.times.is_timed and all(t.thread is None for t in threads)
    by_end = sorted(threads, key=lambda thread: -thread.end_ms)
    is_cut = len(threads) > MOST_LANES and not state.lanes
    shown = by_end[:SLOWEST] if is_cut else list(threads)
    wall_ms = max(by_end[0].end_ms, 1)
    lanes = tuple(
        _lane(card, thread, place, is_last=thread is by_end[0])
        for place, thread in enumerate(shown, 1)
    )
    return ThreadsCard(
        subtitle=_subtitle(card, wall_ms, is_packed),
        wall_ms=int(wall_ms * ROOM),
        lanes=lanes,
        balance=_packed_words(card) if is_packed else _balance(card, by_end),
        more=_more(len(threads) - len(shown)),
        more_href=state.href("threads", lanes=True),
    )


def _more(left_out: int) -> str:
    return f"{numbers.count(left_out)} more" if left_out > 0 else ""


def _subtitle(card: _Card, wall_ms: int, is_packed: bool) -> str:
    lanes = numbers.plural(len(card.times.threads), "lane")
    if is_packed:
        return f"{lanes}, as many as ran at once, {times.duration(wall_ms)}"
    if card.times.is_timed:
        return f"{lanes}, wall clock {times.duration(wall_ms)}"
    return f"{lanes}, time by outcome, longest {times.duration(wall_ms)}"


def _lane(card: _Card, thread: ThreadTime, place: int, *, is_last: bool) -> ThreadLane:
    name = _name(card, thread, place)
    first = min((block.start_ms for block in thread.blocks), default=0)
    return ThreadLane(
        name=name,
        runner=_tests(thread.finals),
        href=_thread_href(card, thread),
        lane=Lane(
            name=name,
            items=tuple(_item(block) for block in thread.blocks),
            setup_ms=max(first, 0),
        ),
        end=times.clock(thread.end_ms),
        not_passed=_not_passed(card, thread),
        is_last=is_last and len(card.times.threads) > 1,
    )


def _name(card: _Card, thread: ThreadTime, place: int) -> str:
    if thread.thread is None:
        return f"lane {place}" if not card.threads else "no thread"
    row = card.threads[thread.thread]
    return row.name or f"thread {row.external_id}"


def _thread_href(card: _Card, thread: ThreadTime) -> str:
    if thread.thread is None:
        return card.state.rows_href(statuses=())
    return card.state.rows_href(thread=thread.thread, statuses=())


def _not_passed(card: _Card, thread: ThreadTime) -> Number | None:
    bad = thread.not_passed
    if thread.thread is None or not bad:
        return None
    statuses = tuple(NOT_PASSED)
    href = card.state.rows_href(thread=thread.thread, statuses=statuses)
    return counted("not_passed", bad, href)


def _item(block: Block) -> LaneItem:
    length = block.end_ms - block.start_ms
    title = ""
    if block.status is not Status.PASSED:
        what = block.name or numbers.plural(block.count, "test")
        title = f"{what}, {block.status}"
        title += f", {times.duration(length)}"
    return LaneItem(
        status=str(block.status),
        start_ms=max(block.start_ms, 0),
        duration_ms=length,
        title=title,
    )


def _balance(card: _Card, by_end: Sequence[ThreadTime]) -> Sentence | None:
    if card.state.run.is_open:
        return None
    ends = [(_name(card, t, place), t.end_ms) for place, t in enumerate(by_end, 1)]
    slowest = [block.end_ms - block.start_ms for block in by_end[0].blocks]
    if card.times.is_timed:
        return runs.balance(ends, slowest)
    fact = f"{card.tool.label} does not tell when each test ran."
    rest = " A bar adds up what its thread's tests took, by outcome."
    return Sentence(bold=(Piece(text=fact),), rest=(Piece(text=rest),))


def _packed_words(card: _Card) -> Sentence:
    fact = f"{card.tool.label} names no threads."
    rest = " The lanes follow from the times of the tests."
    return Sentence(bold=(Piece(text=fact),), rest=(Piece(text=rest),))
