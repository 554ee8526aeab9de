"""What is asked, in which order: an empty installation, then a filled one."""

from __future__ import annotations

import gc
import json
import logging
import re
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import caches

from benchmarks.golden import stillness, world
from benchmarks.golden.addresses import Examples, admin_pages, patterns
from benchmarks.golden.asking import Asked, Recorder
from benchmarks.golden.forms import Forms, connecting
from benchmarks.golden.reading import Form, Link, Page
from benchmarks.golden.said import SAYINGS, Saying

# The crawl takes at most so many addresses of one route.
MOST_OF_A_ROUTE = 20
DEEPEST = 3
FREE = frozenset(
    ["project", "connection", "source", "configuration", "milestone", "branch"]
    + ["case", "since", "until", "q", "signature", "message", "cursor", "base"]
    + ["head", "run", "word", "next", "after", "before", "page"]
)
HTMX = {"HX-Request": "true", "HX-Target": "content"}
NARROWED = (
    "",
    "runs/",
    "results/",
    "flaky/",
    "failures/",
    "cases/",
    "milestones/",
    "standup/",
)


def record(folder: Path, only: str) -> tuple[int, list[str]]:
    """Ask for the addresses in which `only` is found; gives the number of requests and
    those that ended in an error of the server.
    """
    recorder = Recorder(folder, only)
    # Names without hashes: what a style sheet holds is no part of a page.
    settings.STORAGES["staticfiles"] = {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
    }
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    gc.freeze()
    Path(settings.STATIC_ROOT).mkdir(exist_ok=True)
    # A refusal is an answer like any other here.
    logging.getLogger("django.request").addFilter(
        lambda line: line.levelno >= logging.ERROR
    )
    with stillness.at(stillness.NOW):
        _empty(recorder)
    with stillness.no_network(), world.tools() as served:
        world.fill(served)
        with stillness.at(stillness.NOW):
            _filled(recorder, served)
    return len(recorder.names), recorder.broken


def _empty(recorder: Recorder) -> None:
    """Nobody has an account; then somebody has one, and nothing is connected."""
    token = Path(settings.DATA_DIR) / "setup_token"
    token.write_text("a-token-for-the-first-user")
    setup = f"/setup/?token={token.read_text()}"
    plain = [
        f"/{pattern}"
        for pattern in patterns()
        if "<" not in pattern and "^" not in pattern
    ]
    for path in [*plain, setup]:
        recorder.ask(Asked(path=path, who="stranger", folder="empty-stranger"))
    recorder.ask(
        Asked(
            path=setup, who="stranger", data={"username": "a"}, folder="empty-stranger"
        )
    )
    world.make_people()
    recorder.sign_in({user.username: user for user in User.objects.all()})
    for path in plain:
        recorder.ask(Asked(path=path, folder="empty-mara"))


def _filled(recorder: Recorder, served: world.Tools) -> None:
    examples, forms = Examples(), Forms()
    for number, saying in enumerate(SAYINGS, 1):
        _say(recorder, examples, number, saying)
    world.precompute()
    caches["default"].clear()
    base = {pattern: examples.paths(pattern) for pattern in patterns()}
    _crawl(recorder, forms, list(_starts(examples, base)))
    for paths in base.values():
        _for_others(recorder, paths)
    for path in admin_pages():
        recorder.ask(Asked(path=path))
        recorder.ask(Asked(path=path, who="otto"))
    for asked in forms.wrong():
        recorder.ask(asked)
    _connect(recorder, served)
    for paths in base.values():
        # By hand, as no form of ours does it.
        recorder.ask(Asked(path=paths[0], data={}, label="nothing"))
        recorder.ask(Asked(path=paths[0], data={}, who="stranger", label="nothing"))


def _starts(examples: Examples, base: dict[str, list[str]]) -> Iterator[str]:
    for pattern, paths in base.items():
        yield from paths
        yield from examples.further(pattern, paths[0])
        if pattern in NARROWED or pattern.startswith("api/v1/metrics/"):
            yield from (f"{paths[0]}?{scope}" for scope in examples.scopes())


def _for_others(recorder: Recorder, paths: list[str]) -> None:
    """The first of each route, and of objects the second one, with other eyes."""
    for path in paths[:2]:
        for who in ("otto", "stranger", "reader"):
            recorder.ask(Asked(path=path, who=who))
        recorder.ask(Asked(path=path, who="stranger", headers=HTMX))
        if not path.startswith("/api/v1/"):
            recorder.ask(Asked(path=path, theme="dark"))
    recorder.ask(Asked(path=paths[0], headers=HTMX))


def _crawl(recorder: Recorder, forms: Forms, starts: list[str]) -> None:
    """From the examples along the links, until nothing new comes up."""
    queue = deque((Asked(path=path), 0) for path in starts)
    met = {_shape(asked) for asked, _ in queue}
    counts: Counter[str] = Counter()
    while queue:
        asked, depth = queue.popleft()
        body = recorder.ask(asked)
        if asked.headers or depth >= DEEPEST:
            continue
        for link in _links(body, asked.path, forms):
            further = Asked(path=link.href, headers=link.headers)
            route = urlsplit(link.href).path.removeprefix("/api/v1").split("/")[1]
            shape = _shape(further)
            if shape in met or _is_foreign(link.href):
                continue
            if counts[route] >= MOST_OF_A_ROUTE:
                continue
            met.add(shape)
            counts[route] += 1
            queue.append((further, depth + 1))


def _links(body: str, path: str, forms: Forms) -> list[Link]:
    """What a page leads to, or the next part of a list of the API."""
    if body.lstrip().lower().startswith("<!doctype html"):
        page = Page(body, path)
        forms.meet(page)
        return page.links
    if not path.startswith("/api/v1/") or "format=" in path or not body:
        return []
    following = urlsplit(json.loads(body).get("next") or "")
    return [Link(f"{following.path}?{following.query}", {})] if following.query else []


def _is_foreign(href: str) -> bool:
    # Exports of whole lists are long; short ones are among the examples.
    is_export = href.startswith("/api/v1/") and "format=" in href
    return is_export or href.startswith(("/static/", "/admin/", "/logout/"))


def _shape(asked: Asked) -> str:
    """Alike for addresses of one page that differ in ids and free texts alone."""
    split = urlsplit(asked.path)
    query = sorted(parse_qsl(split.query, keep_blank_values=True))
    words = [name if name in FREE else f"{name}={value}" for name, value in query]
    path = re.sub(r"\d+", "N", split.path)
    return f"{path}?{'&'.join(dict.fromkeys(words))} {sorted(asked.headers.items())}"


def _say(recorder: Recorder, examples: Examples, number: int, saying: Saying) -> None:
    """Send a form as a browser would, for good."""
    path = saying.page.format(**examples.ids)
    folder = f"said-{number:02}"
    recorder.ask(Asked(path=path, who=saying.by, folder=folder))
    form = form_of(recorder, saying, path)
    data = {name: values[-1] for name, values in form.fields.items() if values}
    for name, value in saying.fields.items():
        if isinstance(value, int):
            data[name] = form.choices[name][value]
        else:
            data[name] = value.format(**examples.ids)
    recorder.ask(
        Asked(path=form.action, who=saying.by, data=data, is_kept=True, folder=folder)
    )


def form_of(recorder: Recorder, saying: Saying, path: str) -> Form:
    body = recorder.read(path, who=saying.by)
    forms = [form for form in Page(body, path).forms if form.method == "post"]
    form = next((one for one in forms if one.action.endswith(saying.action)), None)
    if form is None:
        found = [one.action for one in forms]
        raise SystemExit(
            f"{path} has no form to {saying.action} for {saying.by}, only to {found}"
        )
    return form


def _connect(recorder: Recorder, served: world.Tools) -> None:
    for vendor, (simulator, base_url) in served.items():
        # It refused everybody up to now.
        simulator.faults.clear()
        path = f"/connect/?vendor={vendor}"
        page = Page(recorder.read(path), path)
        form = next(form for form in page.forms if form.action.startswith("/connect/?"))
        for asked in connecting(form, simulator, base_url):
            recorder.ask(asked)
