"""OpenTelemetry: requests, tasks, queries and what goes out, as spans of one trace.

Loaded where OTEL_EXPORTER_OTLP_ENDPOINT is set and nowhere else. A span says the route and not
the path, the statement and not its parameters, the host and no address: those may be keys.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from celery.signals import before_task_publish, task_failure, task_postrun, task_prerun
from django.conf import settings
from django.db import connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import extract, inject
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode

from dashboard.addresses import FOR_MACHINES
from dashboard.security import redact
from ingest.logged import ids
from ingest.watched import Answered, watch_with

tracer = trace.get_tracer("passline", settings.VERSION)

# The name of a message's header.
CARRIER = "passline_trace"
LONGEST_STATEMENT = 2000
NO_ROUTE = "none"
_open: dict[str, ExitStack] = {}


def begin() -> None:
    """Where spans are sent, how many, and under which name the environment says (OTEL_…)."""
    told = Resource({"service.name": "passline", "service.version": settings.VERSION})
    provider = TracerProvider(resource=told.merge(OTELResourceDetector().detect()))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    watch_with(_outgoing)
    # One that was there before us; later ones tell of themselves.
    _follow_queries(connection)


def traced(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Middleware, below the one that gives requests their ids."""

    def middleware(request: HttpRequest) -> HttpResponseBase:
        if request.path_info in FOR_MACHINES:
            return get_response(request)
        carrier = {name.lower(): value for name, value in request.headers.items()}
        with _span(str(request.method), SpanKind.SERVER, extract(carrier)) as span:
            response = get_response(request)
            match = request.resolver_match
            route = (match.view_name if match else None) or NO_ROUTE
            span.update_name(f"{request.method} {route}")
            span.set_attribute("http.request.method", str(request.method))
            span.set_attribute("http.response.status_code", response.status_code)
            if match:
                span.set_attribute("http.route", match.route)
            if response.status_code >= 500:
                span.set_status(StatusCode.ERROR)
        return response

    return middleware


@contextmanager
def _span(name: str, kind: SpanKind, before: Any = None) -> Iterator[Span]:
    """What goes wrong in it is told by its kind and its words, which may quote a secret."""
    with tracer.start_as_current_span(
        name,
        before,
        kind,
        {f"passline.{key}": value for key, value in ids().items()},
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield span
        except BaseException as error:
            _tell(span, error)
            raise


def _tell(span: Span, error: BaseException) -> None:
    span.set_attribute("error.type", type(error).__qualname__)
    span.set_status(StatusCode.ERROR, redact(str(error))[:LONGEST_STATEMENT])


@receiver(connection_created)
def _on_connection(*, connection: Any, **_: Any) -> None:
    _follow_queries(connection)


def _follow_queries(of: Any) -> None:
    if _query not in of.execute_wrappers:
        of.execute_wrappers.append(_query)


def _query(
    execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any
) -> Any:
    if not trace.get_current_span().is_recording():
        # Of nothing that anybody follows; alone it would be a trace of its own.
        return execute(sql, params, many, context)
    text = str(sql)
    verb = text.split(None, 1)[0].upper() if text.strip() else "SQL"
    with _span(verb, SpanKind.CLIENT) as span:
        span.set_attribute("db.system.name", "postgresql")
        span.set_attribute("db.operation.name", verb)
        span.set_attribute("db.query.text", redact(text[:LONGEST_STATEMENT]))
        return execute(sql, params, many, context)


@contextmanager
def _outgoing(method: str, host: str) -> Iterator[Answered]:
    with _span(f"{method} {host}", SpanKind.CLIENT) as span:
        span.set_attribute("http.request.method", method)
        span.set_attribute("server.address", host)

        def answered(code: int) -> None:
            span.set_attribute("http.response.status_code", code)
            if code >= 400:
                span.set_status(StatusCode.ERROR)

        yield answered


@before_task_publish.connect
def _send_along(headers: dict[str, Any], **_: Any) -> None:
    carrier: dict[str, str] = {}
    inject(carrier)
    if carrier:
        headers[CARRIER] = carrier


@task_prerun.connect
def _begin_task(task_id: str, task: Any, **_: Any) -> None:
    before = extract(getattr(task.request, CARRIER, None) or {})
    _open[task_id] = stack = ExitStack()
    span = stack.enter_context(_span(task.name, SpanKind.CONSUMER, before))
    span.set_attribute("messaging.system", "celery")
    span.set_attribute("messaging.operation.type", "process")
    span.set_attribute("messaging.message.id", task_id)


@task_failure.connect
def _fail_task(exception: BaseException, **_: Any) -> None:
    _tell(trace.get_current_span(), exception)


@task_postrun.connect
def _end_task(task_id: str, **_: Any) -> None:
    if stack := _open.pop(task_id, None):
        stack.close()
