"""Links of a page that looks at the past, which lead to the same moment."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import quote_plus

from dashboard.addresses import site_root
from dashboard.filters.state import moment_text
from dashboard.reading.as_of import AS_OF
from dashboard.reading.middleware import is_todays

# As they stand in attributes, and in the JSON that charts are drawn from. Any other quoted
# text may be what somebody searches for.
_LINK = re.compile(
    r'(\s(?:href|action|hx-get|data-here|data-refresh)=|"(?:href|path)":\s*)"(/(?!/)[^"\s<>]*)"'
)
_PLACES = re.compile(
    r"(projects|runs|results|compare|failures|flaky|cases|milestones|standup|search)/|$|[?#]"
)
# What became known since is listed as it is today.
_OF_TODAY = re.compile(r"[?&;]view=(late|changed)$")
_FORM = re.compile(
    r"<form\b(?![^>]*\bmethod=\"?post)[^>]*>(?=(.*?)</form>)", re.S | re.I
)


def with_moment(html: str, as_of: datetime) -> str:
    """The page, whose links and searches keep to that moment; those to what is as it is
    today do not.
    """
    text = quote_plus(moment_text(as_of))

    def kept(found: re.Match[str]) -> str:
        before, path = found.groups()
        and_ = "&amp;" if before.endswith("=") else "&"
        return f'{before}"{_with_query(path, f"{AS_OF}={text}", and_)}"'

    def filled(found: re.Match[str]) -> str:
        if f'name="{AS_OF}"' in found[1]:
            return found[0]
        value = moment_text(as_of)
        return f'{found[0]}<input type="hidden" name="{AS_OF}" value="{value}">'

    return _FORM.sub(filled, _LINK.sub(kept, html))


def _with_query(path: str, pair: str, and_: str) -> str:
    place = path.removeprefix(site_root())
    if place == path or not _PLACES.match(place) or is_todays(f"/{place}"):
        return path
    address, hash_, anchor = path.partition("#")
    if f"{AS_OF}=" in address or _OF_TODAY.search(address):
        return path
    return f"{address}{and_ if '?' in address else '?'}{pair}{hash_}{anchor}"
