"""What the palette offers to do: places to go, and acts on the page it lies over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dashboard.addresses import address
from dashboard.lists.names import ProjectName
from dashboard.readers import Reader, Role
from dashboard.ui import links
from dashboard.ui.layout import PLACES
from dashboard.ui.start_buttons import start_button


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """A line that leads to `href`, or does `act` on the page in the browser: the name of
    a `data-` attribute that static/js/app.js knows. It is shown only on a page that has
    what the selector `needs`. `key` is what does the same without the palette, `also`
    other words that it is found by.
    """

    text: str
    icon: str
    href: str = ""
    act: str = ""
    needs: str = ""
    key: str = ""
    also: str = ""


def places() -> tuple[Action, ...]:
    """The main places, which are offered before anything is typed."""
    return tuple(
        Action(text=p.text, icon=p.route, href=p.href, key=f"g {p.key}") for p in PLACES
    )


def actions(projects: Mapping[int, ProjectName], who: Reader) -> Iterable[Action]:
    """All that this reader may do, in the order in which it is offered."""
    yield from places()
    yield from _lists()
    if who.role is not None:
        yield from _of_a_person()
    if who.may(Role.ADMIN):
        yield _to("Connect a tool", "plug", "connect", also="new connection vendor")
    if who.may(Role.EDITOR):
        yield from _of_an_editor(projects)
    yield from _everywhere()


def _lists() -> Iterable[Action]:
    yield _list("Failing now", "cases", "cases", links.FAILING, also="broken tests")
    yield _list("All tests", "cases", "cases", also="cases")
    yield _list("Slowest tests", "clock", "cases", links.SLOW, also="duration")
    yield _list("Results", "results", "results")
    yield _list("Failures by message", "filter", "failures", also="errors causes")
    yield _to("Compare two runs", "swap", "compare", also="difference regression")


def _of_a_person() -> Iterable[Action]:
    yield Action(
        text="Save this view",
        icon="bookmark",
        act="save-view",
        needs="#pick-save",
        also="filters keep",
    )
    yield _to("Your views", "settings", "mine", also="my projects default scope")
    yield _to(
        "Your settings", "user", "account", also="profile password token sessions"
    )


def _of_an_editor(projects: Mapping[int, ProjectName]) -> Iterable[Action]:
    yield _to("Push results", "plug", "connect-push", also="intake junit ctrf token")
    for project in projects.values():
        if button := start_button(project.tool, project.id, may_write=True):
            text = f"{button.text}: {project.name}"
            yield Action(text=text, icon="play", href=button.href)


def _everywhere() -> Iterable[Action]:
    yield Action(text="Copy link", icon="link", act="copy-link", key="c", also="share")
    yield Action(
        text="Change theme", icon="moon", act="theme-next", key="t", also="dark light"
    )
    yield Action(text="List of keys", icon="keyboard", act="keys", key="?", also="help")
    yield _to("REST API", "api", "api-docs", also="documentation schema")


def _list(text: str, icon: str, route: str, view: str = "", also: str = "") -> Action:
    """A page of filters, which starts with the reader's own projects."""
    return Action(text=text, icon=icon, href=links.start(route, view), also=also)


def _to(text: str, icon: str, route: str, also: str = "") -> Action:
    return Action(text=text, icon=icon, href=address(route), also=also)
