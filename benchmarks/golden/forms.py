"""The forms of all pages, sent as they stand and filled in wrongly; nothing of it stays."""

from __future__ import annotations

import re
from collections.abc import Iterator

from benchmarks.golden.asking import Asked
from benchmarks.golden.reading import Form, Page
from ingest.simulator.server import Simulator

STRANGE = "<b>strange</b> & long " + "x" * 600
STALE = "999999"
# Of each kind of form so many, with other objects.
MOST_OF_A_KIND = 2


class Forms:
    """The forms that were met on the way, a few of each kind."""

    def __init__(self) -> None:
        self._met: dict[str, list[Form]] = {}

    def meet(self, page: Page) -> None:
        for form in page.forms:
            kind = f"{re.sub(r'[0-9]+', 'N', form.action)} {sorted(form.fields)}"
            known = self._met.setdefault(kind, [])
            is_new = form not in known and len(known) < MOST_OF_A_KIND
            if form.method == "post" and is_new:
                known.append(form)

    def wrong(self) -> Iterator[Asked]:
        for known in self._met.values():
            for form in known:
                yield from self._of(form)

    def _of(self, form: Form) -> Iterator[Asked]:
        same = [one for known in self._met.values() for one in known]
        same = [one for one in same if one.action == form.action]
        number = same.index(form) + 1
        for label, data in _fillings(form):
            yield Asked(path=form.action, data=data, label=f"{number}-{label}")
        plain = _as_it_stands(form)
        for who in ("otto", "stranger"):
            yield Asked(path=form.action, data=plain, who=who, label=f"{number}")
        if form.headers:
            yield Asked(
                path=form.action, data=plain, headers=form.headers, label=f"{number}"
            )


def _fillings(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    plain = _as_it_stands(form)
    written = [name for name in plain if name not in form.hidden]
    yield "plain", plain
    for name, value in form.buttons:
        yield f"{name}-{value}", {**plain, name: value}
    yield "empty", {**plain, **dict.fromkeys(written, "")}
    yield "strange", {**plain, **dict.fromkeys(written, STRANGE)}
    yield "stale", {**plain, **dict.fromkeys(form.hidden, STALE)}


def _as_it_stands(form: Form) -> dict[str, str]:
    return {name: values[-1] for name, values in form.fields.items() if values}


def connecting(form: Form, simulator: Simulator, base_url: str) -> Iterator[Asked]:
    """Connections that are tried out for real: a right one and a refused one."""
    found = simulator.connections(base_url)[0]
    right = {**_as_it_stands(form), "base_url": base_url, **found["secrets"]}
    wrong = {**right, **dict.fromkeys(found["secrets"], "a wrong secret")}
    for name, value in form.buttons:
        for label, data in (("right", right), ("refused", wrong)):
            pressed = {**data, name: value}
            yield Asked(path=form.action, data=pressed, label=f"{label}-{value}")
