"""What django-allauth asks us of people and of our addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows
from allauth.core import context

from dashboard.addresses import address, is_ours
from dashboard.client_address import client_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser
    from django.http import HttpRequest, HttpResponse


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up, and pages say themselves what happened."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Its texts name things that Passline calls otherwise."""

    def is_safe_url(self, url: str) -> bool:
        return is_ours(url)

    def get_client_ip(self, request: HttpRequest) -> str:
        # A network of IPv6 stands for each address in it.
        return client_of(request).partition("/")[0] or "0.0.0.0"  # nosec B104 # compared, not bound

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        return address("overview")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return address("login")

    def respond_user_inactive(
        self, request: HttpRequest, user: AbstractBaseUser
    ) -> HttpResponse:
        from dashboard.sign_in.refusals import SWITCHED_OFF, refusal

        return refusal(request, SWITCHED_OFF)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not of those who have no password and no code that they could be asked for."""
        return bool(get_reauthentication_flows(context.request.user))
