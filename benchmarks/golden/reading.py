"""What a page offers to go on with: links, parts that it asks for itself, forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from benchmarks.golden.printed import VOID

Attributes = dict[str, str]


@dataclass(slots=True)
class Form:
    """As a browser sends it: all fields, or those of a pressed button too."""

    method: str
    action: str
    headers: dict[str, str]
    fields: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    choices: dict[str, list[str]] = field(default_factory=dict)
    hidden: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """An address with the headers of htmx, none for a plain link."""

    href: str
    headers: dict[str, str]


class Page(HTMLParser):
    def __init__(self, text: str, path: str) -> None:
        super().__init__(convert_charrefs=True)
        self.path = path
        self.links: list[Link] = []
        self.forms: list[Form] = []
        self._open: list[tuple[str, Attributes]] = []
        self._form: Form | None = None
        self._select = ""
        self.feed(text)
        self.close()

    def handle_starttag(
        self, tag: str, attributes: list[tuple[str, str | None]]
    ) -> None:
        given = {name: value or "" for name, value in attributes}
        self._open.append((tag, given))
        if tag == "a" and "href" in given:
            self._link(given)
        if "hx-get" in given and tag != "form":
            self._add(given["hx-get"], self._htmx(given))
        if tag == "form":
            self._begin(given)
        elif self._form is not None:
            self._field(self._form, tag, given)
        if tag in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._end()
        if tag == "select":
            self._select = ""
        if any(name == tag for name, _ in self._open):
            while self._open.pop()[0] != tag:
                pass

    def _inherited(self, name: str) -> str:
        found = (given[name] for _, given in reversed(self._open) if name in given)
        return next(found, "")

    def _target(self) -> str:
        for _, given in reversed(self._open):
            if target := given.get("hx-target", ""):
                return given.get("id", "") if target == "this" else target.lstrip("#")
        return ""

    def _htmx(self, given: Attributes) -> dict[str, str]:
        target = self._target() or given.get("id", "")
        return {"HX-Request": "true"} | ({"HX-Target": target} if target else {})

    def _link(self, given: Attributes) -> None:
        self._add(given["href"], {})
        if self._inherited("hx-boost") == "true":
            self._add(given["href"], self._htmx(given) | {"HX-Boosted": "true"})

    def _add(self, href: str, headers: dict[str, str]) -> None:
        if address := self._own(href):
            self.links.append(Link(address, headers))

    def _own(self, href: str) -> str:
        """The address at this site, without the fragment; "" for any other."""
        whole = urlsplit(urljoin(f"http://here{self.path}", href))
        if whole.netloc != "here":
            return ""
        return whole.path + (f"?{whole.query}" if whole.query else "")

    def _begin(self, given: Attributes) -> None:
        is_live = "hx-get" in given or "hx-post" in given
        method = given.get("method", "get").lower()
        action = self._own(given.get("action", "") or self.path)
        self._form = Form(method, action, self._htmx(given) if is_live else {})

    def _end(self) -> None:
        form, self._form = self._form, None
        if form is None:
            return
        self.forms.append(form)
        if form.method == "get":
            pairs = [
                (name, value) for name, all_ in form.fields.items() for value in all_
            ]
            query = urlencode([(name, value) for name, value in pairs if value])
            address = form.action.partition("?")[0] + (f"?{query}" if query else "")
            self._add(address, {})
            if form.headers:
                self._add(address, form.headers)

    def _field(self, form: Form, tag: str, given: Attributes) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select:
            form.choices.setdefault(self._select, []).append(given.get("value", ""))
            values = form.fields.setdefault(self._select, [])
            if "selected" in given:
                values[:] = [given.get("value", "")]
            elif not values:
                values.append(given.get("value", ""))
        elif tag == "select":
            self._select = name
        elif tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "textarea" and name:
            form.fields.setdefault(name, []).append("")
        elif tag == "input" and name and name != "csrfmiddlewaretoken":
            kind = given.get("type", "text")
            if kind == "hidden":
                form.hidden.append(name)
            if kind not in ("checkbox", "radio") or "checked" in given:
                form.fields.setdefault(name, []).append(given.get("value", ""))
