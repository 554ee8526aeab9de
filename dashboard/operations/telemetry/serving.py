"""`/metrics`: for whoever has the token of METRICS_TOKEN, and else as if it were not there."""

from __future__ import annotations

import os
import secrets
from importlib import import_module

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse


def metrics(request: HttpRequest) -> HttpResponse:
    if not settings.METRICS_TOKEN:
        raise Http404
    if not _may_read(request):
        return HttpResponse(
            "A token is needed, see docs/operations.md.\n",
            status=401,
            content_type="text/plain; charset=utf-8",
            headers={"WWW-Authenticate": "Bearer"},
        )
    text, kind = _written(request.headers.get("Accept", ""))
    return HttpResponse(text, content_type=kind, headers={"Cache-Control": "no-store"})


def _may_read(request: HttpRequest) -> bool:
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN.encode()
    return scheme.lower() == "bearer" and secrets.compare_digest(
        given.strip().encode(), wanted
    )


def _written(accepted: str) -> tuple[bytes, str]:
    # Nobody else loads the library.
    prometheus = import_module("prometheus_client")
    registry = prometheus.CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        many = import_module("prometheus_client.multiprocess")
        many.MultiProcessCollector(registry)
    else:
        registry.register(prometheus.REGISTRY)
    of_all = import_module("dashboard.operations.telemetry.installation")
    registry.register(of_all.Installation())
    encoder, kind = import_module("prometheus_client.exposition").choose_encoder(
        accepted
    )
    return encoder(registry), kind
