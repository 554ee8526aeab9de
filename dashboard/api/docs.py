"""The API's schema and its pages for people, drawn here: no script of anybody else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from dashboard.access import readable
from dashboard.api.access import ReadOrWrite
from dashboard.api.markdown import blocks


class Schema(SpectacularAPIView):
    """OpenAPI, as JSON unless Accept asks for YAML."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    content_negotiation_class = DefaultContentNegotiation
    permission_classes = [ReadOrWrite]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method at one path. `fields` are those of the answer, by dotted name."""

    method: str
    path: str
    summary: str
    anchor: str
    parameters: tuple[dict[str, Any], ...]
    fields: tuple[tuple[str, str], ...]


@readable
def reference(request: HttpRequest) -> HttpResponse:
    """Every endpoint with its parameters and the fields of its answer."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    schema = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    operations = _operations(schema)
    return render(request, "api/reference.html", {"operations": operations})


@readable
def explanations(request: HttpRequest) -> HttpResponse:
    """docs/metrics.md: what every number means."""
    text = (settings.BASE_DIR / "docs" / "metrics.md").read_text()
    return render(request, "api/metrics.html", {"blocks": list(blocks(text))})


def _operations(schema: dict[str, Any]) -> list[Operation]:
    parts = schema["components"]["schemas"]
    return [
        _operation(method, path, said, parts)
        for path, methods in schema["paths"].items()
        for method, said in methods.items()
    ]


def _operation(
    method: str, path: str, answer: dict[str, Any], parts: dict[str, Any]
) -> Operation:
    return Operation(
        method=method.upper(),
        path=path,
        summary=answer["summary"],
        anchor=answer["operationId"],
        parameters=tuple(
            {
                "name": parameter["name"],
                "text": parameter.get("description", ""),
                "words": _words(parameter["schema"]),
            }
            for parameter in answer.get("parameters", ())
        ),
        fields=tuple(_fields(_answer(answer), parts)),
    )


def _words(schema: dict[str, Any]) -> list[str]:
    return list(schema.get("enum") or schema.get("items", {}).get("enum") or ())


def _answer(said: dict[str, Any]) -> dict[str, Any]:
    good = next(answer for code, answer in said["responses"].items() if code < "300")
    return dict(good.get("content", {}).get("application/json", {}).get("schema", {}))


def _fields(
    schema: dict[str, Any], parts: dict[str, Any], prefix: str = ""
) -> list[tuple[str, str]]:
    """(dotted name, type) of every field; a list's fields follow "[]"."""
    schema = _resolved(schema, parts)
    if schema.get("type") == "array":
        return _fields(schema["items"], parts, f"{prefix}[]")
    found = []
    for name, inner in schema.get("properties", {}).items():
        path = f"{prefix}.{name}" if prefix else name
        deeper = _fields(inner, parts, path)
        found += deeper or [(path, _kind(_resolved(inner, parts)))]
    return found


def _resolved(schema: dict[str, Any], parts: dict[str, Any]) -> dict[str, Any]:
    wrapped = schema.get("allOf") or schema.get("oneOf") or [schema]
    reference_to = wrapped[0].get("$ref", "")
    name = reference_to.rpartition("/")[2]
    return dict(parts[name]) if name else schema


def _kind(schema: dict[str, Any]) -> str:
    words = {"date-time": "time", "double": "number", "uri": "address"}
    kind = words.get(schema.get("format", ""), schema.get("type", "any"))
    kinds = kind if isinstance(kind, list) else [kind]
    null = " or null" if schema.get("nullable") else ""
    return " or ".join(map(str, kinds)) + null
