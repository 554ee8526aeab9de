"""How tests talk to the API: over Django's own HTTP client, as a program would."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from django.test import Client

V1 = "/api/v1/"


def read(path: str, client: Client | None = None) -> Any:
    """The answer to a GET that must succeed."""
    response = (client or Client()).get(V1 + path)
    assert response.status_code == 200, response.content
    return response.json()


def problem(path: str) -> Any:
    """The answer to a GET that must be refused as a bad request."""
    response = Client().get(V1 + path)
    assert response.status_code == 400, response.content
    return response.json()


def every_page(path: str) -> list[Any]:
    """All rows of a list, page by page."""
    answer = read(path)
    rows = list(answer["results"])
    while answer["next"]:
        answer = read(answer["next"].partition(V1)[2])
        assert answer["results"], "a page that `next` leads to is never empty"
        rows += answer["results"]
    return rows


def streamed(path: str) -> str:
    response = Client().get(V1 + path)
    assert response.status_code == 200
    return b"".join(response.streaming_content).decode("utf-8-sig")


def csv_rows(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(streamed(path), newline="")))


def ndjson_rows(path: str) -> list[Any]:
    return [json.loads(line) for line in streamed(path).splitlines()]
