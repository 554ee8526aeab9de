"""Who may ask the API what, and how often."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.cache import cache
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.throttling import BaseThrottle

from dashboard.client_address import client_of
from dashboard.database.writers import is_written_by
from dashboard.json_cache import SharedCache
from dashboard.models import ApiToken, Scope
from dashboard.models.people import role_of
from dashboard.models.tokens import NEEDED
from dashboard.readers import reader
from dashboard.reading.bearer import bearer_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.auth.models import AbstractBaseUser
    from rest_framework.renderers import BaseRenderer
    from rest_framework.request import Request
    from rest_framework.views import APIView


logger = logging.getLogger(__name__)
MINUTE_S = 60
NOT_VALID = (
    "The token is unknown, expired or revoked, or older than its user's password."
)


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; a token that is not valid is a 401."""

    def authenticate(
        self, request: Request
    ) -> tuple[AbstractBaseUser, ApiToken] | None:
        bearer = bearer_of(request._request)
        if bearer is None:
            return None
        token = bearer.token
        if token is None:
            raise AuthenticationFailed(NOT_VALID)
        token.note_use()
        is_written_by(token.user_id)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema describes tokens."""

    target_class = BearerAuthentication
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer"}


class ReadOrWrite(BasePermission):
    """Reading needs a log-in unless PUBLIC_READ; writing needs the role of the scope that
    the view names (`write_scope`), and of a token that scope too. So does reading where
    a view names a `read_scope`.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        is_known = bool(request.user.is_authenticated)
        scope = getattr(view, "read_scope", Scope.READ)
        is_open = bool(settings.PUBLIC_READ) and scope is Scope.READ
        if request.method in SAFE_METHODS and is_open and not is_known:
            return True
        if request.method not in SAFE_METHODS:
            scope = getattr(view, "write_scope", Scope.START)
        token = request.auth
        if isinstance(token, ApiToken):
            self.message = what_it_lacks(token, scope)
            return token.allows(scope)
        self.message = _lack_of_role(scope)
        # What is pushed is taken without a reader.
        role = reader().role or role_of(request.user)
        return role is not None and role.includes(NEEDED[scope])


def what_it_lacks(token: ApiToken, scope: Scope) -> str:
    """Why a token may not do what needs this scope."""
    if not token.role.includes(NEEDED[scope]):
        return _lack_of_role(scope)
    return (
        f"This token has not the scope {scope}; `api_token create --scope {scope}` makes "
        "one that has."
    )


def _lack_of_role(scope: Scope) -> str:
    return f"This needs the role {NEEDED[scope]}, which the user has not."


class PerCaller(BaseThrottle):
    """600 requests in the minute from the first on, for each token, user, or address
    without a log-in.
    """

    most = 600
    _key = ""

    def allow_request(self, request: Request, view: APIView) -> bool:
        self._key = _caller(request)
        return self.allow(self._key)

    @classmethod
    def allow(cls, key: str) -> bool:
        """Counted in one round trip that loses none of those that come together; without
        the cache nobody is counted, so that everybody is answered.
        """
        try:
            return cast(SharedCache, cache).count(key, MINUTE_S) <= cls.most
        except RedisError as error:
            logger.warning("callers of the API are not counted: %s", error)
            return True

    def wait(self) -> float:
        return seconds_left(self._key)


def seconds_left(key: str) -> float:
    """Seconds until the count begins anew."""
    try:
        return max(1, cast(SharedCache, cache).seconds_left(key))
    except RedisError:
        return MINUTE_S


def _caller(request: Request) -> str:
    if isinstance(request.auth, ApiToken):
        ident = f"token-{request.auth.pk}"
    elif request.user.is_authenticated:
        ident = f"user-{request.user.pk}"
    else:
        ident = f"address-{client_of(request)}"
    return f"throttle-{ident}"


class AlwaysJson(DefaultContentNegotiation):
    """Answers are JSON whatever Accept says; `format` chooses among a list's forms."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or "application/json"
