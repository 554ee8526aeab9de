"""What a tool answers: the API's answer, where people find the same, and how fresh it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db import connections
from django.utils import timezone

from dashboard.addresses import known_site
from dashboard.api.encoding import iso
from dashboard.mcp.asking import answer_of, freshness_of, written
from dashboard.mcp.errors import CannotAnswerError
from dashboard.mcp.inputs import Query, query_of, shown
from dashboard.mcp.shortened import shortened
from dashboard.mcp.tools import BY_NAME, Tool


def answer(name: str, arguments: Mapping[str, Any], token: str) -> str:
    """JSON; raises CannotAnswerError."""
    tool = BY_NAME.get(name)
    if tool is None:
        raise CannotAnswerError(
            f"There is no tool “{shown(name)}”. There are: {', '.join(BY_NAME)}."
        )
    asked = query_of(arguments, tool.takes, tool.required)
    try:
        return shortened(_whole(tool, asked, token), tool.bounds)
    finally:
        # The next question may come in an hour, or to another thread.
        connections.close_all()


def _whole(tool: Tool, asked: Query, token: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for call in tool.calls(asked):
        body = _for_reading(answer_of(call.path, call.query, token))
        found |= {call.key: body} if call.key else body
    page = tool.page(asked)
    query = written(page.query)
    return {
        "page": f"{known_site()}{page.path}{'?' if query else ''}{query}",
        "asked_at": iso(timezone.now()),
        "as_of": next(iter(asked.get("as_of", ())), None),
        "freshness": _freshness(found, asked, token),
        **found,
    }


def _for_reading(body: dict[str, Any]) -> dict[str, Any]:
    """Of the addresses of other pages the cursor alone, which the tool takes."""
    if "next" not in body:
        return body
    rest = {k: v for k, v in body.items() if k not in ("next", "previous")}
    cursors = parse_qs(urlsplit(body["next"] or "").query).get("cursor", [None])
    return {**rest, "next_cursor": cursors[0]}


def _freshness(found: dict[str, Any], asked: Query, token: str) -> Any:
    if "meta" in found:
        return found["meta"]["freshness"]
    project = found.get("run", {}).get("project")
    if isinstance(project, int):
        asked = {**asked, "project": (str(project),)}
    return freshness_of(asked, token)
