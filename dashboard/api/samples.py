"""How each operation is called with curl and from Python, made from its description."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from rest_framework.request import Request

# Where the schema is printed by a command, nobody has asked at any address.
ANYWHERE = "https://passline.example"
# What a parameter that may be left out is shown with; the others are not shown.
TELLING = {"window": "30d"}
METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operation; `url` is without the query."""

    method: str
    url: str
    query: Mapping[str, str]
    has_answer: bool


def add_samples(
    result: dict[str, Any], request: Request | None, **_: Any
) -> dict[str, Any]:
    """A hook of drf-spectacular: the server that was asked, and `x-codeSamples`."""
    site = _site(request)
    result["servers"] = [{"url": site}]
    for path, operations in result["paths"].items():
        for method in operations.keys() & METHODS:
            call = _call(method, site + path, operations[method])
            operations[method]["x-codeSamples"] = [
                {"lang": "Shell", "label": "curl", "source": _curl(call)},
                {"lang": "Python", "label": "Python", "source": _python(call)},
            ]
    return result


def _site(request: Request | None) -> str:
    """Our address as the caller sees it, with the path under which a proxy has us."""
    if request is None:
        return ANYWHERE
    prefix = request.META.get("SCRIPT_NAME", "").rstrip("/")
    return str(request.build_absolute_uri(f"{prefix}/")).rstrip("/")


def _call(method: str, url: str, operation: Mapping[str, Any]) -> Call:
    """Everything that the operation needs, and what tells how it is used."""
    query = {}
    for name, place, value in _values(operation.get("parameters", ())):
        if place == "path":
            url = url.replace(f"{{{name}}}", value)
        else:
            query[name] = value
    good = [said for code, said in operation["responses"].items() if code < "300"]
    return Call(method, url, query, any("content" in said for said in good))


def _values(
    parameters: list[dict[str, Any]],
) -> Iterator[tuple[str, str, str]]:
    """(name, place, value); two ids of one call are 1 and 2."""
    needed = [p for p in parameters if p.get("required") or p["name"] in TELLING]
    for number, parameter in enumerate(needed, 1):
        name, kind = parameter["name"], parameter["schema"].get("type")
        value = TELLING.get(name) or (str(number) if kind == "integer" else name)
        yield name, parameter["in"], value


def _curl(call: Call) -> str:
    url = f"{call.url}?{urlencode(call.query)}" if call.query else call.url
    method = "" if call.method == "get" else f"--request {call.method.upper()} "
    return (
        f"curl {method}{shlex.quote(url)} \\\n"
        '  --header "Authorization: Bearer $PASSLINE_TOKEN"'
    )


def _python(call: Call) -> str:
    params = f"    params={json.dumps(call.query)},\n" if call.query else ""
    answer = "\nprint(response.json())" if call.has_answer else ""
    return (
        "import os\n\n"
        "import requests\n\n"
        f"response = requests.{call.method}(\n"
        f"    {json.dumps(call.url)},\n"
        f"{params}"
        '    headers={"Authorization": f"Bearer {os.environ[\'PASSLINE_TOKEN\']}"},\n'
        "    timeout=60,\n"
        ")\n"
        f"response.raise_for_status(){answer}"
    )
