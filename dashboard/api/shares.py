"""Shares over the API: made, listed, ended."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from dashboard.annotations.shares import revoke
from dashboard.api import encoding, schema
from dashboard.api.bodies import NewShare
from dashboard.api.queries import refuse_all
from dashboard.api.schema_fields import body_serializer, serializer_of
from dashboard.api.started import body_of, name_of
from dashboard.api.views import ListView, reader
from dashboard.filters import Filters
from dashboard.ids import LARGEST_ID
from dashboard.lists import PagePath
from dashboard.lists.shares import SHARES, ShareRow, share_row
from dashboard.models import Scope
from dashboard.sharing.links import root_of
from dashboard.sharing.making import CannotShare, make_share, wanted

FIELDS = frozenset({"path", "expires_at", "pinned"})
NO_TIME = "An ISO 8601 time such as 2026-11-19T06:45:00Z is needed, or null."


@schema.describe_list("list_shares")
class ShareList(ListView):
    """The shares of whoever asks, of administrators all; a POST makes one."""

    listing = SHARES
    read_scope = write_scope = Scope.SHARE

    @schema.describe_answer(
        "create_share",
        serializer_of(ShareRow),
        status=201,
        request=body_serializer(NewShare),
        errors=(403,),
    )
    def post(self, request: Request) -> Response:
        refuse_all(request.query_params)
        path, expires_at, is_pinned = _read(body_of(request))
        try:
            share, token = make_share(
                request._request,
                wanted(path, timezone.now()),
                owner_id=int(request.user.pk or 0),
                by=name_of(request),
                is_pinned=is_pinned,
                expires_at=expires_at,
            )
        except CannotShare as error:
            raise ValidationError({error.field: [str(error)]}) from None
        row = share_row(share, PagePath(root_of(token)))
        return Response(encoding.as_json(row, reader(request)), status=201)


class ShareObject(APIView):
    """Ends a share: its link leads nowhere from then on."""

    write_scope = Scope.SHARE

    @schema.describe_answer("delete_share", None, status=204, errors=(403, 404))
    def delete(self, request: Request, pk: int) -> Response:
        refuse_all(request.query_params)
        mine = SHARES.select(Filters())
        found = mine.filter(pk=pk).first() if pk <= LARGEST_ID else None
        if found is None:
            raise NotFound(f"There is no share {pk}.")
        revoke(found, by=name_of(request))
        return Response(status=204)


def _read(body: dict[str, Any]) -> tuple[str, datetime | None, bool]:
    """Raises ValidationError."""
    if unknown := sorted(set(body) - FIELDS):
        raise ValidationError({name: ["Unknown field."] for name in unknown})
    path, pinned = body.get("path"), body.get("pinned", False)
    if not isinstance(path, str):
        raise ValidationError({"path": ["A text is needed."]})
    if not isinstance(pinned, bool):
        raise ValidationError({"pinned": ["true or false is needed."]})
    return path, _moment(body.get("expires_at")), pinned


def _moment(value: Any) -> datetime | None:
    if value is None:
        return None
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
        if found is None:
            raise ValueError
        in_utc = found if found.tzinfo else found.replace(tzinfo=UTC)
        return in_utc.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValidationError({"expires_at": [NO_TIME]}) from None
