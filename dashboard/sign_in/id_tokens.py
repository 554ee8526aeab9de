"""What a provider of OpenID Connect signed, checked: nothing of it is believed before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.utils.crypto import constant_time_compare, salted_hmac

# Signatures with a key that others than the provider do not have.
ALGORITHMS = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
CLOCKS_DIFFER_S = 60
_CLAIMS = ["iss", "aud", "exp", "iat", "sub"]
_WRONG: tuple[tuple[type[jwt.PyJWTError], str], ...] = (
    (jwt.ExpiredSignatureError, "its answer has expired; the clocks may differ"),
    (jwt.ImmatureSignatureError, "its answer is of a time to come; the clocks differ"),
    (jwt.InvalidAudienceError, "its answer is meant for another program"),
    (jwt.InvalidIssuerError, "its answer comes from another provider"),
    (jwt.InvalidSignatureError, "its answer is signed with a key that is not its own"),
    (jwt.MissingRequiredClaimError, "its answer lacks what it has to say"),
)


class Refused(OAuth2Error):  # type: ignore[misc]
    """The provider's answer is not believed; `sentence` is for the person."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.sentence = f"The sign-in provider was not believed: {why}."


def nonce_of(state: str) -> str:
    """What the provider must say again, of a sign-in that this browser began."""
    return salted_hmac("dashboard.sign_in.nonce", state, algorithm="sha256").hexdigest()


def verified(
    token: object,
    *,
    keys: object,
    issuer: str,
    client_id: str,
    nonce: str,
) -> Mapping[str, Any]:
    """The claims of an ID token; `keys` is the provider's set of them, as JSON.

    Raises Refused.
    """
    if not isinstance(token, str):
        raise Refused("it sent no ID token")
    try:
        claims = _decoded(token, keys, issuer, client_id)
    except jwt.PyJWTError as error:
        why = (text for kind, text in _WRONG if isinstance(error, kind))
        raise Refused(next(why, "its answer is no ID token")) from None
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        raise Refused("its answer is no ID token") from None
    said = claims.get("nonce")
    if not isinstance(said, str) or not constant_time_compare(said, nonce):
        raise Refused("its answer belongs to another sign-in")
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if is_for_several and claims.get("azp") != client_id:
        raise Refused("its answer is meant for another program")
    return claims


def _decoded(token: str, keys: Any, issuer: str, client_id: str) -> Mapping[str, Any]:
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in ALGORITHMS:
        # "none" is no signature, and HS256 one that whoever knows our secret can make.
        raise Refused("its answer is not signed in a way that proves anything")
    key = _key(jwt.PyJWKSet.from_dict(keys), header)
    return jwt.decode(
        token,
        key,
        algorithms=[header["alg"]],
        audience=client_id,
        issuer=issuer,
        leeway=CLOCKS_DIFFER_S,
        options={"require": _CLAIMS},
    )


def _key(keys: jwt.PyJWKSet, header: Mapping[str, Any]) -> jwt.PyJWK:
    fitting = [
        key
        for key in keys.keys
        if key.public_key_use in (None, "sig")
        and key.algorithm_name == header["alg"]
        and header.get("kid") in (None, key.key_id)
    ]
    if len(fitting) != 1:
        raise Refused("its answer is signed with a key that is not its own")
    return fitting[0]
