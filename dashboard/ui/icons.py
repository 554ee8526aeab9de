"""Our own outline icons on a grid of 24: paths only, drawn with currentColor."""

from __future__ import annotations

# Space-saving forms only; every drawing was made for this project.
_PATHS = {
    "overview": "M4 4h7v9H4zM4 17h7v3H4zM15 4h5v3h-5zM15 11h5v9h-5z",
    "flaky": "M2 12h4c2 0 1.5-7 4-7s2 14 5 14 2-7 4-7h3",
    "milestones": "M5 21V4c4-2 7 2 14 0v10c-7 2-10-2-14 0",
    "standup": "M3 4h18M5 4v11h14V4M12 15v5M9 20h6M9 11l2-2 2 2 3-3",
    "sync": "M20 11a8 8 0 0 0-14.5-3.6L4 9M4 4.5V9h4.5M4 13a8 8 0 0 0 14.5 3.6L20 15"
    "M20 19.500V15h-4.5",
    "runs": "M4 6h16M4 12h16M4 18h10M18 15v6l4-3z",
    "results": "M9 6h11M9 12h11M9 18h11M4 6.500l1 1 2-2.500M4 12.500l1 1 2-2.5"
    "M4 18.500l1 1 2-2.5",
    "cases": "M6 3h9l4 4v14H6zM9 12h7M9 16h7M14 3v5h5",
    "search": "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.500L21 21",
    "menu": "M4 7h16M4 12h16M4 17h16",
    "chevron-down": "M6 9l6 6 6-6",
    "chevron-left": "M15 6l-6 6 6 6",
    "chevron-right": "M9 6l6 6-6 6",
    "x": "M6 6l12 12M18 6L6 18",
    "check": "M5 12.500l5 5 9.5-10.5",
    "plus": "M12 5v14M5 12h14",
    "minus": "M5 12h14",
    "calendar": "M4 6h16v14H4zM4 11h16M8 3v5M16 3v5",
    "link": "M9.5 14.500l5-5M11 6.500l1.2-1.200a4.6 4.6 0 0 1 6.5 6.500L17.5 13"
    "M13 17.500l-1.2 1.200a4.6 4.6 0 0 1-6.5-6.500L6.5 11",
    "share": "M12 15V3.500M8 7.500l4-4 4 4M7 11H5v9.500h14V11h-2",
    "download": "M4 17v3h16v-3M12 4v11M7.5 11l4.5 4.5 4.5-4.5",
    "external": "M11 6H5v13h13v-6M10 14L20 4M14.5 4H20v5.5",
    "clock": "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18zM12 7v5l3 2",
    "settings": "M4 7h9M17 7h3M13 4.500v5M4 17h3M11 17h9M7 14.500v5",
    "arrow-right": "M5 12h14M13 6l6 6-6 6",
    "arrow-up-right": "M7 17L17 7M9 7h8v8",
    "api": "M3.5 16V10.500a2 2 0 0 1 4 0V16M3.5 13.500h4M11 16V8.500h2.500a2 2 0 0 1 0 4.500H11"
    "M19.5 8.500V16",
    "moon": "M20 14.500A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.500z",
    "user": "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c0-3.5 3-5 7-5s7 1.5 7 5",
    "people": "M9 5a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM3 19.500c0-3.2 2.5-4.5 6-4.500s6 1.3 6 4.5"
    "M16 5.500a3.2 3.2 0 0 1 0 6M17.5 15.200c2.2.5 3.5 1.8 3.5 4.3",
    "audit": "M6 3h12v18H6zM9.500 8h5M9.500 12h5M9.500 16h3",
    "logout": "M13 5H5v14h8M10 12h10M17 9l3 3-3 3",
    "branch": "M7 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7 16a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
    "M17 4a2 2 0 1 0 0 4 2 2 0 0 0 0-4zM7 8v8M17 8c0 5-10 2.5-10 7",
    "source": "M8 7l-5 5 5 5M16 7l5 5-5 5M13.5 5l-3 14",
    "key": "M15 4a5 5 0 1 0 0 10 5 5 0 0 0 0-10zM11.5 12.500L4 20v-3.500M7 17l2 2M15.5 8.500v.1",
    "plug": "M9 7l8 8-2 2a5.6 5.6 0 0 1-8-8zM4 20l3.5-3.500M14.5 4L11 7.5"
    "M20 9.500L16.5 13",
    "bookmark": "M6 3h12v18l-6-4.500L6 21z",
    "eye": "M2.5 12C5 7.5 8.2 5.5 12 5.500s7 2 9.5 6.500c-2.5 4.5-5.7 6.5-9.5 6.5"
    "s-7-2-9.5-6.500zM12 9.500a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
    "trend": "M3 17l6-6 4 4 8-8M15 7h6v6",
    "info": "M12 3.500a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 8v.1M12 11.500V16",
    "bolt": "M13 3L5 14h6l-1 7 8-11h-6z",
    "filter": "M4 4.500h16L14 12v6l-4 2.500V12z",
    "pause": "M8 5v14M16 5v14",
    "swap": "M4 8h15M15 4l4 4-4 4M20 16H5M9 12l-4 4 4 4",
    "play": "M7 4.500l12 7.5-12 7.500z",
    "bell": "M6 17v-6a6 6 0 0 1 12 0v6zM4 17h16M10 20h4",
    "muted": "M6 17v-6a6 6 0 0 1 9.5-4.900M18 10.500V17H6M10 20h4M4 4l16 16",
    "trash": "M4 7h16M10 11v6M14 11v6M6 7l1 13h10l1-13M9 7V4h6v3",
    "markdown": "M3 6h18v12H3zM6.5 15V9.500l2.5 3 2.5-3V15M16.5 9.500V15M14.5 13l2 2 2-2",
    "keyboard": "M3 6h18v12H3zM7 10v.1M11 10v.1M15 10v.1M8 14h8",
}
ICONS = frozenset(_PATHS)


def icon(name: str, size: int = 16, stroke: float = 1.75) -> str:
    """An icon as SVG, `size` px, hidden from readers: a word stands beside it.

    Raises KeyError for a name that is not in ICONS.
    """
    return (
        f'<svg class="icon" width="{size}" height="{size}" viewBox="0 0 24 24" '
        f'fill="none" stroke="currentColor" stroke-width="{stroke:g}" '
        'stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">'
        f'<path d="{_PATHS[name]}"/></svg>'
    )
