"""A picture as a document of its own: SVG that asks for nothing else, and PNG of it."""

from __future__ import annotations

from functools import lru_cache

import resvg_py

from dashboard.ui.pictures.colours import Theme, painted
from dashboard.ui.pictures.letters import FAMILY, clean, escaped, font_files

LONGEST_SAID = 600


def document(width: int, height: int, body: str, *, says: str, theme: Theme) -> str:
    """`says` is the picture in a sentence or two, for whoever does not see it."""
    words = escaped(clean(says[:LONGEST_SAID]))
    return painted(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img" aria-label="{words}" '
        f'font-family="{FAMILY}"><title>{words}</title>{body}</svg>',
        theme,
    )


# A picture is asked for again as long as it says the same, by chats and by proxies.
@lru_cache(maxsize=32)
def png(svg: str, zoom: int = 1) -> bytes:
    """`zoom` pixels for each px of the SVG, which `document` has made."""
    other = "UnifontExMono" in svg
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=zoom,
            skip_system_fonts=True,
            font_files=font_files(with_other_letters=other),
            font_family="Inter",
            sans_serif_family="Inter",
        )
    )
