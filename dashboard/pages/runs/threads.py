"""The card of a run's threads: lanes on its clock, or what each thread took in all."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.lists.thread_timeline import Block, ThreadTime
from dashboard.pages.runs.page_data import PageData
from dashboard.tools import teller
from dashboard.ui.number_links import NO_ROWS, counted
from dashboard.ui.parts import EmptyState, Number, Piece, Sentence
from dashboard.ui.svg.outcomes import STATUS_ORDER
from dashboard.ui.svg.thread_timeline import Lane, LaneItem
from dashboard.ui.text import numbers, runs, times
from ingest.contract import NOT_PASSED, Detail, RunKind, Status
from ingest.models import Thread

MOST_LANES, SLOWEST = 16, 8
# The axis ends a little after the last result.
ROOM = 1.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadLane:
    """`end_ms` is when its last result ended; `is_last` marks the slowest."""

    lane: Lane
    runner: Number
    href: str
    end_ms: int
    not_passed: Number | None
    is_last: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadsCard:
    """`wall_ms` is the length of the axis. `left_out` lanes are shown by `more_href`."""

    subtitle: str
    wall_ms: int
    lanes: tuple[ThreadLane, ...]
    balance: Sentence | None = None
    left_out: int = 0
    more_href: str = ""
    empty: EmptyState | None = None


def threads_card(data: PageData) -> ThreadsCard | None:
    """None where there is nothing to draw: manual runs and runs with totals only."""
    run, label = data.run, teller(data.tool.vendor)
    if run.detail == Detail.COUNTS:
        return _totals_only(data)
    if run.kind == RunKind.MANUAL and not data.threads:
        return None
    if not data.timeline.is_timed and not data.threads:
        text = f"{label} tells neither threads nor when each test ran."
        return _empty("No threads to draw", text)
    if not any(thread.busy_ms for thread in data.timeline.threads):
        return _empty("No durations to draw", f"{label} tells none for this run.")
    return _drawn(data)


def _is_packed(data: PageData) -> bool:
    """Whether the lanes are made of the times of tests without threads."""
    lanes = data.timeline.threads
    return data.timeline.is_timed and all(lane.thread is None for lane in lanes)


def _empty(title: str, text: str) -> ThreadsCard:
    state = EmptyState(title=title, text=text, icon="info")
    return ThreadsCard(subtitle="", wall_ms=0, lanes=(), empty=state)


def _totals_only(data: PageData) -> ThreadsCard | None:
    """Threads of a run without rows: how long each took, as the vendor states it."""
    slowest = [thread for thread in data.threads.values() if thread.duration_ms]
    if not slowest:
        return None
    slowest.sort(key=lambda thread: -(thread.duration_ms or 0))
    count, longest_ms = len(slowest), slowest[0].duration_ms or 1
    lanes = slowest if data.state.lanes or count <= MOST_LANES else slowest[:SLOWEST]
    threads_text = numbers.plural(count, "thread")
    return ThreadsCard(
        subtitle=f"{threads_text}, longest {times.duration(longest_ms)}",
        wall_ms=int(longest_ms * ROOM),
        lanes=tuple(_total_lane(thread, thread is slowest[0]) for thread in lanes),
        balance=_sentence(
            f"{teller(data.tool.vendor)} gives each thread's totals only.",
            " A bar is as long as its thread took, divided by the number of its results.",
        ),
        left_out=count - len(lanes),
        more_href=data.state.href("threads", lanes=True),
    )


def _sentence(fact: str, rest: str) -> Sentence:
    return Sentence(bold=(Piece(text=fact),), rest=(Piece(text=rest),))


def _total_lane(thread: Thread, is_last: bool) -> ThreadLane:
    length_ms, bad = thread.duration_ms or 0, thread.failed + thread.error
    return ThreadLane(
        lane=Lane(name=_thread_name(thread), items=_shares(thread, length_ms)),
        runner=_tests(thread.counts.total, title=NO_ROWS),
        href="#threads",
        end_ms=length_ms,
        not_passed=counted("not_passed", bad, "", title=NO_ROWS) if bad else None,
        is_last=is_last,
    )


def _thread_name(thread: Thread) -> str:
    return thread.name or f"thread {thread.external_id}"


def _tests(count: int, title: str = "") -> Number:
    """The lane's name is their door already."""
    text = numbers.plural(count, "test")
    return Number(text=text, metric="results", value=count, title=title)


def _shares(thread: Thread, length_ms: int) -> tuple[LaneItem, ...]:
    """A thread's time divided among outcomes by their numbers, which is all we know."""
    total, start_ms, items = thread.counts.total, 0, []
    for status in STATUS_ORDER:
        if count := getattr(thread, status):
            share_ms, title = length_ms * count // total, numbers.plural(count, "test")
            items.append(
                LaneItem(
                    status=str(status),
                    start_ms=start_ms,
                    duration_ms=share_ms,
                    title=f"{title}, {status}",
                )
            )
            start_ms += share_ms
    return tuple(items)


def _drawn(data: PageData) -> ThreadsCard:
    threads = data.timeline.threads
    by_end = sorted(threads, key=lambda thread: -thread.end_ms)
    is_cut = len(threads) > MOST_LANES and not data.state.lanes
    lanes = by_end[:SLOWEST] if is_cut else list(threads)
    slowest, wall_ms = by_end[0], max(by_end[0].end_ms, 1)
    return ThreadsCard(
        subtitle=_subtitle(data, wall_ms),
        wall_ms=int(wall_ms * ROOM),
        lanes=tuple(
            _lane(data, thread, place, is_last=thread is slowest and len(threads) > 1)
            for place, thread in enumerate(lanes, 1)
        ),
        balance=_balance(data, by_end),
        left_out=len(threads) - len(lanes),
        more_href=data.state.href("threads", lanes=True),
    )


def _subtitle(data: PageData, wall_ms: int) -> str:
    lanes = numbers.plural(len(data.timeline.threads), "lane")
    what = "time by outcome, longest"
    if _is_packed(data):
        what = "as many as ran at once,"
    elif data.timeline.is_timed:
        what = "wall clock"
    return f"{lanes}, {what} {times.duration(wall_ms)}"


def _lane(
    data: PageData, thread: ThreadTime, place: int, *, is_last: bool
) -> ThreadLane:
    first = min((block.start_ms for block in thread.blocks), default=0)
    query = {"thread": thread.thread} if thread.thread is not None else {}
    bad = thread.not_passed if query else 0
    bad_href = data.state.rows_href(**query, statuses=tuple(NOT_PASSED))
    return ThreadLane(
        lane=Lane(
            name=_name(data, thread, place),
            items=tuple(map(_item, thread.blocks)),
            setup_ms=max(first, 0),
        ),
        runner=_tests(thread.finals),
        href=data.state.rows_href(**query, statuses=()),
        end_ms=thread.end_ms,
        not_passed=counted("not_passed", bad, bad_href) if bad else None,
        is_last=is_last,
    )


def _name(data: PageData, thread: ThreadTime, place: int) -> str:
    if thread.thread is None:
        return f"lane {place}" if not data.threads else "no thread"
    return _thread_name(data.threads[thread.thread])


def _item(block: Block) -> LaneItem:
    length_ms, title = block.end_ms - block.start_ms, ""
    if block.status is not Status.PASSED:
        what = block.name or numbers.plural(block.count, "test")
        title = f"{what}, {block.status}, {times.duration(length_ms)}"
    return LaneItem(
        status=str(block.status),
        start_ms=max(block.start_ms, 0),
        duration_ms=length_ms,
        title=title,
    )


def _balance(data: PageData, by_end: list[ThreadTime]) -> Sentence | None:
    label = teller(data.tool.vendor)
    if _is_packed(data):
        return _sentence(
            f"{label} names no threads.",
            " The lanes follow from the times of the tests.",
        )
    if data.state.run.is_open:
        return None
    if data.timeline.is_timed:
        ends = [(_name(data, t, place), t.end_ms) for place, t in enumerate(by_end, 1)]
        slowest = [block.end_ms - block.start_ms for block in by_end[0].blocks]
        return runs.balance(ends, slowest)
    return _sentence(
        f"{label} does not tell when each test ran.",
        " A bar adds up what its thread's tests took, by outcome.",
    )
