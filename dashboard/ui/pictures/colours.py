"""The colours of pictures: the pages' own tokens, written out, for what reads no style sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias, get_args

from django.conf import settings

# "auto" follows the reader's system, which only an SVG in a browser can.
Theme: TypeAlias = Literal["light", "dark", "auto"]
THEMES: tuple[Theme, ...] = get_args(Theme)
_TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9A-Fa-f]{6}), (#[0-9A-Fa-f]{6})\)")
_USED = re.compile(r"var\(--([\w-]+)\)")


@cache
def _tokens() -> Mapping[str, tuple[str, str]]:
    """Light and dark of each token of one colour."""
    path = settings.BASE_DIR / "static" / "css" / "tokens.css"
    return {
        name: (light, dark) for name, light, dark in _TOKEN.findall(path.read_text())
    }


def painted(svg: str, theme: Theme) -> str:
    """The picture with its tokens, `var(--ink)`, as colours of the theme.

    Raises KeyError for what is no token: such a shape would be black, or not be seen.
    """
    tokens = _tokens()
    if theme != "auto":
        place = THEMES.index(theme)
        return _USED.sub(lambda used: tokens[used[1]][place], svg)
    names = sorted(set(_USED.findall(svg)))
    light, dark = (
        "".join(f"--{name}:{tokens[name][place]};" for name in names)
        for place in (0, 1)
    )
    style = f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
    return svg.replace(">", f"><style>{style}</style>", 1)
