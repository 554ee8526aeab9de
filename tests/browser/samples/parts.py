"""The frame of the sample pages and the ten invented projects behind them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random

from dashboard.ui.filter_bar import Filter, FilterBar, FilterOption, WindowLink
from dashboard.ui.layout import Layout, Place, ProjectLink
from dashboard.ui.parts import Column, Number, Strip, Tool
from dashboard.ui.svg.strips import StripCell

NOW = datetime(2026, 11, 19, 9, 14, tzinfo=UTC)
DAYS = [date(2026, 10, 21) + timedelta(days=i) for i in range(30)]
TOOLS = {
    "testmo": Tool(vendor="testmo", label="Testmo"),
    "testomatio": Tool(vendor="testomatio", label="Testomat.io"),
    "testably": Tool(vendor="testably", label="Testably"),
    "qatech": Tool(vendor="qatech", label="QA.tech"),
    "testifly": Tool(vendor="testifly", label="Testifly"),
}


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A project: rates 0-1 now and in the window before, cases failing now."""

    id: int
    name: str
    vendor: str
    rate: float
    before: float
    failing: int
    last: dict[str, int]

    @property
    def tool(self) -> Tool:
        return TOOLS[self.vendor]

    def series(self) -> tuple[float | None, ...]:
        random = Random(self.id)
        values = [min(self.before + random.gauss(0, 0.006), 1) for _ in DAYS]
        for i in range(23, 30):
            values[i] += (self.rate - self.before) * (i - 22) / 6
        return tuple(values)


def _sample(
    id: int,
    name: str,
    vendor: str,
    rate: float,
    points: float,
    failing: int,
    *counts: int,
) -> Sample:
    words = ("failed", "error", "blocked", "skipped", "passed")
    return Sample(
        id=id,
        name=name,
        vendor=vendor,
        rate=rate,
        before=rate - points / 100,
        failing=failing,
        last=dict(zip(words, counts, strict=True)),
    )


PROJECTS = [
    _sample(1, "Checkout & Payments", "testmo", 0.908, -4.1, 37, 27, 2, 2, 12, 286),
    _sample(2, "Mobile Android", "testomatio", 0.893, -1.2, 21, 18, 1, 0, 4, 168),
    _sample(3, "Web Storefront", "testmo", 0.936, 0.3, 18, 19, 1, 0, 6, 337),
    _sample(4, "Mobile iOS", "testomatio", 0.931, 0.9, 12, 11, 1, 0, 3, 167),
    _sample(5, "Customer Portal", "qatech", 0.924, -0.4, 11, 7, 0, 0, 2, 71),
    _sample(6, "Partner API", "testifly", 0.967, -0.1, 9, 10, 3, 4, 9, 466),
    _sample(7, "Data Platform", "testably", 0.941, -0.2, 8, 6, 2, 0, 2, 147),
    _sample(8, "Admin Console", "testably", 0.957, 0.6, 6, 5, 0, 2, 0, 104),
    _sample(9, "Onboarding Journeys", "qatech", 0.896, 2.3, 6, 4, 0, 0, 1, 36),
]


def number(value: float, href: str = "", metric: str = "") -> Number:
    return Number(text=f"{value:,}", value=value, href=href, metric=metric)


def strip(random: Random, count: int, *, failing: float, tail: str = "") -> Strip:
    letters = ["F" if random.random() < failing else "P" for _ in range(count)]
    letters[len(letters) - len(tail) :] = list(tail)
    cells = tuple(
        StripCell(
            outcome=letter,
            href=f"/results/?run={4100 + i}",
            title=f"run #{4100 + i}, {letter}",
        )
        for i, letter in enumerate(letters)
    )
    return Strip(cells=cells, slots=20)


def columns(**texts: str) -> dict[str, Column]:
    """Heads by key; a text that ends with ">" is numeric, "^" sorted ascending."""
    heads = {}
    for key, text in texts.items():
        name = text.rstrip(">^")
        heads[key] = Column(
            text=name,
            href=f"?sort={key}",
            sorted="asc" if "^" in text else "",
            numeric=">" in text,
        )
    return heads


def shell(current: str = "overview", *, theme: str = "", first: bool = False) -> Layout:
    places = [
        ("o", "Overview", "Overview", "overview", "/", ""),
        ("r", "Runs", "Runs", "runs", "/runs/", ""),
        ("m", "Milestones", "Milestones", "milestones", "/milestones/", "4"),
        ("y", "Sync", "Sync", "sync", "/sync/", "1 connection failing"),
    ]
    return Layout(
        places=tuple(
            Place(
                key=key,
                text=text,
                short=short,
                icon=icon,
                href=href,
                number=number(int(count), metric=icon)
                if count.isdigit() and not first
                else None,
                alarm="" if first or count.isdigit() else count,
                is_current=icon == current,
            )
            for key, text, short, icon, href, count in places
        ),
        projects=()
        if first
        else tuple(
            ProjectLink(
                name=p.name,
                href=f"/projects/{p.id}/",
                tool=p.tool,
                failing=number(p.failing, metric="failing_now"),
                is_current=current == f"project-{p.id}",
            )
            for p in PROJECTS
        ),
        theme=theme,
        user="mara",
        is_first_run=first,
    )


def filter_bar(action: str = "/", *, project: Sample | None = None) -> FilterBar:
    options = tuple(
        FilterOption(
            value=str(p.id),
            text=p.name,
            count=f"{p.failing}",
            checked=p is project,
            tool=p.tool,
        )
        for p in PROJECTS
    )
    chips = [
        ("tool", "Tool", "All"),
        ("source", "Source", "All"),
        ("configuration", "Configuration", "All"),
        ("milestone", "Milestone", "Any"),
    ]
    return FilterBar(
        action=action,
        filters=(
            Filter(
                name="project",
                text="Projects",
                summary=project.name if project else "All 9",
                options=options,
                is_active=project is not None,
                clear_href=action,
            ),
            *(
                Filter(
                    name=name,
                    text=text,
                    summary=summary,
                    options=(FilterOption(value="x", text=f"{text} one", count="12"),),
                )
                for name, text, summary in chips
            ),
        ),
        windows=tuple(
            WindowLink(text=w, href=f"{action}?window={w}", is_current=w == "30d")
            for w in ("7d", "14d", "30d", "90d")
        ),
        hidden=(("window", "30d"),),
        since="2026-10-20",
        until="2026-11-19",
    )
