"""QA.tech's lists by limit and offset, and the filters of its test cases."""

from __future__ import annotations

from typing import Any

from ingest.simulator.qatech.asked import RefusedError
from ingest.simulator.qatech.bodies import Body
from ingest.simulator.server import Request

MOST_CASES = 1000


def case_fits(request: Request, body: Body) -> bool:
    wanted = {name: request.get(name) for name in ("applicationShortId", "isEnabled")}
    labels = request.values("labels")
    return (
        wanted["applicationShortId"] in ("", body["applicationShortId"])
        and wanted["isEnabled"] in ("", str(body["isEnabled"]).lower())
        and (not labels or bool(set(labels) & set(body["labels"])))
    )


def page(request: Request, name: str, rows: list[Body], default: int) -> dict[str, Any]:
    limit = _whole(request, "limit", default, least=1)
    if limit > MOST_CASES:
        raise RefusedError(400, f"limit must be at most {MOST_CASES}.")
    offset = _whole(request, "offset", 0, least=0)
    shown = rows[offset : offset + limit]
    return {name: shown, "total": len(rows), "limit": limit, "offset": offset}


def _whole(request: Request, name: str, default: int, least: int) -> int:
    raw = request.get(name) or str(default)
    if not raw.isdecimal() or int(raw) < least:
        raise RefusedError(400, f"{name} must be a whole number from {least}.")
    return int(raw)
