"""The headers of answers, added to each operation of the schema by what it answers."""

from __future__ import annotations

from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")
_TEXT = {"type": "string"}


def _header(about: str, schema: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"description": about, "schema": schema or _TEXT}


ETAG = _header("Changes whenever the answer could; send it as If-None-Match.")
VALIDATORS = {
    "ETag": ETAG,
    "Cache-Control": _header("Kept by the caller alone, who asks each time."),
    "Vary": _header("Authorization, Cookie"),
}
IF_NONE_MATCH = {
    "in": "header",
    "name": "If-None-Match",
    "schema": _TEXT,
    "description": "The ETag of an earlier answer: 304 while it still holds.",
}
ORDER = _header(
    "moving: in this order rows may come twice or not at all while data arrives.",
    {"type": "string", "enum": ["moving"]},
)
FILE = _header("Of a list that is sent whole: the name of the file.")
PARQUET = "application/vnd.apache.parquet"
WAIT = _header("Seconds until requests are answered again.", {"type": "integer"})
BEARER = _header("Bearer")
ALLOW = _header("The methods that make sense here.")


def add_headers(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A hook of drf-spectacular, which takes headers as parameters of each operation."""
    for operations in result["paths"].values():
        for method in operations.keys() & METHODS:
            operation = operations[method]
            answers = operation["responses"]
            if method == "get" and "304" in answers:
                operation["parameters"] = [
                    *operation.get("parameters", ()),
                    IF_NONE_MATCH,
                ]
            for code, answer in answers.items():
                if headers := _headers(method, code, answer):
                    answer["headers"] = headers
    return result


def _headers(method: str, code: str, answer: dict[str, Any]) -> dict[str, Any]:
    if code in ("200", "304") and method == "get":
        kinds = answer.get("content", {}).keys()
        order = {"X-Order": ORDER} if "text/csv" in kinds else {}
        file = {"Content-Disposition": FILE} if kinds & {"text/csv", PARQUET} else {}
        return VALIDATORS | order | file
    known = {
        "401": {"WWW-Authenticate": BEARER},
        "405": {"Allow": ALLOW},
        "429": {"Retry-After": WAIT},
    }
    return known.get(code, {})
