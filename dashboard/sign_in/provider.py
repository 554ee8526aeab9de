"""The one provider of OpenID Connect that the settings name."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from allauth.socialaccount.providers.openid_connect.provider import (
    OpenIDConnectProvider,
)
from allauth.socialaccount.providers.openid_connect.views import (
    OpenIDConnectOAuth2Adapter,
)
from django.conf import settings

from dashboard.sign_in.id_tokens import Refused, nonce_of, verified

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.http import HttpRequest

# How long a provider's description of itself is believed: it hardly ever changes, and
# whoever opens the log-in would have us ask for it.
DESCRIBED_S = 300
# By the address of the description: until when, and what it says.
described: dict[str, tuple[float, Mapping[str, Any]]] = {}
# What is kept of a person's claims.
_KEPT = ("sub", "email", "name", "preferred_username")


class WithNonce(OAuth2Client):  # type: ignore[misc]
    """Binds what the provider signs to the sign-in that asked for it."""

    def get_redirect_url(
        self, authorization_url: str, scope: list[str], extra_params: dict[str, str]
    ) -> str:
        params = extra_params | {"nonce": nonce_of(self.state or "")}
        url: str = super().get_redirect_url(authorization_url, scope, params)
        return url


class Verified(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Believes what the provider's own key signed for this sign-in, and nothing else."""

    client_class = WithNonce

    @property
    def openid_config(self) -> Mapping[str, Any]:
        where = self.get_provider().server_url
        until, known = described.get(where, (0.0, {}))
        if time.monotonic() < until:
            return known
        described[where] = (time.monotonic() + DESCRIBED_S, found := self._asked())
        return found

    def _asked(self) -> Mapping[str, Any]:
        try:
            config = super().openid_config
        except AttributeError:
            # It is no object.
            config = None
        if not isinstance(config, Mapping) or not isinstance(config.get("issuer"), str):
            raise Refused("it does not describe itself")
        if config["issuer"].rstrip("/") != settings.OIDC_ISSUER.rstrip("/"):
            raise Refused("it gives itself another name than OIDC_ISSUER")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(config.get(name), str):
                raise Refused(f"it names no {name}")
        return config

    def complete_login(
        self, request: HttpRequest, app: Any, token: Any, **kwargs: Any
    ) -> SocialLogin:
        claims = verified(
            kwargs["response"].get("id_token"),
            keys=self._json(self.openid_config["jwks_uri"]),
            issuer=self.openid_config["issuer"],
            client_id=app.client_id,
            nonce=nonce_of(request.GET.get("state", "")),
        )
        claims = self._with_userinfo(claims, token.token)
        kept = {name: claims[name] for name in (*_KEPT, "iss") if name in claims}
        login = self.get_provider().sociallogin_from_response(
            request, {"id_token": kept}
        )
        login.claims = claims
        return login

    def _with_userinfo(
        self, claims: Mapping[str, Any], access_token: str
    ) -> Mapping[str, Any]:
        """Some providers say e-mail or groups there alone; the ID token goes first."""
        group_claim = settings.OIDC_GROUPS_CLAIM.partition(".")[0]
        is_whole = "email" in claims and (
            group_claim in claims or not (settings.OIDC_TEAMS or settings.OIDC_ROLES)
        )
        if is_whole or not isinstance(self.openid_config.get("userinfo_endpoint"), str):
            return claims
        more = self._json(self.openid_config["userinfo_endpoint"], access_token)
        if not isinstance(more, Mapping) or more.get("sub") != claims["sub"]:
            raise Refused("it told of another person")
        return {**more, **claims}

    def _json(self, url: str, access_token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {access_token}"} if access_token else {}
        with get_adapter().get_requests_session() as session:
            answer = session.get(url, headers=headers)
            answer.raise_for_status()
            return answer.json()


class Provider(OpenIDConnectProvider):  # type: ignore[misc]
    """What is asked of the provider is for the settings to say, not for an address."""

    oauth2_adapter_class = Verified
    pkce_enabled_default = True

    def extract_uid(self, data: Mapping[str, Any]) -> str:
        # Another provider may have the same number for somebody else.
        claims = data["id_token"]
        return hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()

    def extract_email_addresses(self, data: Mapping[str, Any]) -> list[Any]:
        """Kept with the user alone."""
        return []

    def get_auth_params_from_request(
        self, request: HttpRequest, action: str
    ) -> dict[str, str]:
        return {}

    def get_scope_from_request(self, request: HttpRequest) -> list[str]:
        return list(self.get_scope())
