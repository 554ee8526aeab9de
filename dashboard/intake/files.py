"""Files of results sent whole: JUnit XML and CTRF, in one call without any client."""

from __future__ import annotations

import io
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, ClassVar, TypeVar, cast

from django.http import HttpRequest, HttpResponse, QueryDict, UnreadablePostError
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import (
    APIException,
    ParseError,
    PermissionDenied,
    UnsupportedMediaType,
    ValidationError,
)
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard.addresses import address
from dashboard.api import schema
from dashboard.api.encoding import as_json
from dashboard.api.schema_fields import serializer_of
from dashboard.api.views import reader, site
from dashboard.intake.access import RefusedError, project_of
from dashboard.intake.comment import comment
from dashboard.lists import PagePath
from dashboard.models import ApiToken, Scope
from dashboard.reading.rights import reader_of
from ingest.contract import Status
from ingest.intake.errors import InvalidError
from ingest.intake.files import Told, store_file
from ingest.intake.projects import find_project
from ingest.intake.upload import MOST_BYTES, TooLargeError, Upload, is_gzip
from ingest.models import Project, Run

Post = TypeVar("Post", bound=Callable[..., Any])
MULTIPART = "multipart/form-data"
ANY_FILE = ("application/octet-stream", "application/gzip", "application/x-gzip")
NAMES = ("project", "run", "configuration", "branch", "commit")
# A form around the file has so many bytes more at most.
FORM_BYTES = 100_000


class TooLarge(APIException):
    status_code = 413
    default_code = "too_large"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedFile:
    """The run that a file was stored in, with its results by status."""

    run: int
    url: PagePath
    name: str
    status: str
    results: int
    passed: int
    failed: int
    error: int
    skipped: int
    blocked: int
    untested: int
    running: int
    unknown: int


PARAMETERS = [
    OpenApiParameter(
        "project", str, required=True, description="Id or name; a field of a form too."
    ),
    OpenApiParameter("run", str, description="Its name; else the file's own."),
    OpenApiParameter("configuration", str, description="Such as a browser."),
    OpenApiParameter("branch", str, description="Else what a CTRF report says."),
    OpenApiParameter(
        "commit", str, description="Files of one run and commit are threads of one run."
    ),
]


def _described(name: str, content_type: str) -> Callable[[Post], Post]:
    return schema.describe_answer(
        name,
        serializer_of(ReceivedFile),
        PARAMETERS,
        status=201,
        request={content_type: OpenApiTypes.BINARY},
        errors=(403, 413, 415),
    )


class FileIntake(APIView):
    """Takes a file as the body or as the part `file` of a form, gzipped or not."""

    write_scope = Scope.INTAKE
    parser_classes = (MultiPartParser,)
    format: ClassVar[str]
    content_types: ClassVar[tuple[str, ...]]

    def store(self, request: Request) -> HttpResponse | Response:
        self._check_head(request)
        with self._upload(request) as upload:
            given = _given(request)
            project = _project(request, given.pop("project"))
            try:
                stored = store_file(project, upload, self.format, Told(**given))
            except InvalidError as error:
                raise ValidationError(_problems(error)) from None
            except TooLargeError as error:
                raise TooLarge(error.sentence) from None
        stored.run.refresh_from_db()
        return _answer(request, stored.run, 201 if stored.is_new else 200)

    def _check_head(self, request: Request) -> None:
        kind = _kind(request)
        if kind not in (MULTIPART, *self.content_types):
            known = f"{self.content_types[0]} or {MULTIPART}"
            said = f"Content-Type “{kind[:60]}” is not read here: send {known}."
            raise UnsupportedMediaType(kind, said)
        encoding = _encoding(request)
        if encoding not in ("", "identity", "gzip") or (
            encoding == "gzip" and kind == MULTIPART
        ):
            said = "Content-Encoding must be gzip or nothing, of a form nothing."
            raise UnsupportedMediaType(kind, said)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > MOST_BYTES + FORM_BYTES:
            raise TooLarge(f"The body has more than {MOST_BYTES // 2**20} MB.")

    @contextmanager
    def _upload(self, request: Request) -> Iterator[Upload]:
        if _kind(request) == MULTIPART:
            file = _part(request)
            yield Upload(cast(BinaryIO, file), file.name or "")
            return
        with _body(request._request) as file:
            if _encoding(request) == "gzip" and not is_gzip(file):
                raise ValidationError(
                    {"file": ["Content-Encoding is gzip, it is not."]}
                )
            yield Upload(file)


class JunitIntake(FileIntake):
    """Stores a file of JUnit XML."""

    format = "junit"
    content_types = ("application/xml", "text/xml", *ANY_FILE)

    @_described("send_junit", "application/xml")
    def post(self, request: Request) -> HttpResponse | Response:
        return self.store(request)


class CtrfIntake(FileIntake):
    """Stores a CTRF report."""

    format = "ctrf"
    content_types = ("application/json", *ANY_FILE)

    @_described("send_ctrf", "application/json")
    def post(self, request: Request) -> HttpResponse | Response:
        return self.store(request)


def _kind(request: Request) -> str:
    return (request.content_type or "").partition(";")[0].strip().lower()


def _encoding(request: Request) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _part(request: Request) -> Any:
    try:
        parts = request.FILES.getlist("file")
    except UnreadablePostError as error:
        raise ParseError("The body was not sent whole.") from error
    if len(parts) != 1:
        raise ValidationError({"file": ["Send one part of this name, with the file."]})
    return parts[0]


@contextmanager
def _body(request: HttpRequest) -> Iterator[BinaryIO]:
    """The body as a file: the web server's own where it is one, else a copy."""
    received = request.META.get("wsgi.input")
    if isinstance(received, io.BufferedRandom | io.BytesIO):
        yield cast(BinaryIO, received)
        return
    with tempfile.SpooledTemporaryFile(max_size=2**20) as copy:
        try:
            shutil.copyfileobj(request, copy, 2**16)
        except (UnreadablePostError, OSError) as error:
            raise ParseError("The body was not sent whole.") from error
        yield cast(BinaryIO, copy)


def _given(request: Request) -> dict[str, str]:
    """What is said in the address or as a field of the form, each once."""
    is_form = _kind(request) == MULTIPART
    fields = cast(QueryDict, request.data) if is_form else QueryDict()
    for name in [*request.query_params, *fields]:
        if name not in (*NAMES, "file"):
            raise ValidationError({name: ["There is no parameter of this name here."]})
    given = {}
    for name in NAMES:
        values = request.query_params.getlist(name)
        values += fields.getlist(name)
        if len(set(values)) > 1:
            raise ValidationError({name: ["It may be given once only."]})
        given[name] = str(values[0]).strip() if values else ""
        if "\x00" in given[name]:
            raise ValidationError({name: ["It has a NUL in it."]})
    return given


def _project(request: Request, named: str) -> Project:
    token = request.auth
    if not named:
        return _only_project(token)
    key = token if isinstance(token, ApiToken) else None
    sees = key.may_push_to if key else reader_of(request.user).sees
    if project := find_project(named, sees):
        return project
    if key and key.is_bound:
        raise PermissionDenied(f"The token is not for a project “{named[:60]}”.")
    raise ValidationError({"project": [f"There is no project “{named[:60]}”."]})


def _only_project(token: Any) -> Project:
    """That of a token which is bound to one."""
    if isinstance(token, ApiToken):
        try:
            return project_of(token)
        except RefusedError:
            pass
    raise ValidationError({"project": ["It is missing: give an id or a name."]})


def _problems(error: InvalidError) -> dict[str, list[str]]:
    """What is wrong by parameter, or about the file."""
    named = {name: said for name, said in error.errors.items() if name in NAMES}
    return named or {"file": [error.sentence]}


def _answer(request: Request, run: Run, status: int) -> HttpResponse | Response:
    if "text/markdown" in request.headers.get("Accept", "").lower():
        text = comment(run, site(request))
        kind = "text/markdown; charset=utf-8"
        return HttpResponse(text, status=status, content_type=kind)
    counts = {str(one): getattr(run, one) for one in Status}
    received = ReceivedFile(
        run=run.pk,
        url=PagePath(address("run", run.pk)),
        name=run.name,
        status=run.status,
        results=sum(counts.values()),
        **counts,
    )
    return Response(as_json(received, reader(request)), status=status)
