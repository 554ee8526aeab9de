"""A small provider of OpenID Connect over real HTTP, with keys of its own.

It signs whoever `person` says in at once, and does wrong what `fault` names.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from tests import clock

CLIENT_ID, CLIENT_SECRET = "passline", "a secret of the client"
DEEP = "[" * 100_000 + "]" * 100_000
# What it describes itself by, by its fault.
ODD = {
    "list": [1],
    "deep": DEEP,
    "large": json.dumps(["x" * 2**20]),
    "packed": gzip.compress(b" " * 2**25, 1),
}


class OpenIdProvider:
    """`person`: the claims of whoever signs in; those in `userinfo` are said there alone."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.person: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.fault = ""
        self.asked: dict[str, dict[str, str]] = {}
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.answer(self, {})

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                provider.answer(self, _flat(self.rfile.read(length).decode()))

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def authorize(self, address: str) -> str:
        """What a browser that goes there is sent back with: the query of our callback."""
        asked = _flat(urlsplit(address).query)
        code = f"code-{len(self.asked)}"
        self.asked[code] = asked
        return urlencode({"code": code, "state": asked["state"]})

    def answer(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        path = urlsplit(handler.path).path
        if self.fault == "down":
            return _send(handler, 500, "<h1>no</h1>")
        if path == "/.well-known/openid-configuration":
            if self.fault == "elsewhere":
                return _send(handler, 302, {}, Location=f"{self.issuer}/described")
            if self.fault == "drip":
                return _drip(handler)
            return _send(handler, 200, ODD.get(self.fault, self._described()))
        if path == "/described":
            return _send(handler, 200, self._described())
        if path == "/keys":
            return _send(handler, 200, {"keys": [self._jwk()]})
        if path == "/token":
            return self._token(handler, form)
        if path == "/userinfo":
            sub = "eve" if self.fault == "other userinfo" else self.person["sub"]
            return _send(handler, 200, {"sub": sub, **self.userinfo})
        return _send(handler, 404, {})

    def _described(self) -> dict[str, Any]:
        name = "https://evil.example" if self.fault == "other name" else self.issuer
        return {
            "issuer": name,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def _jwk(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return {**public, "kid": "one", "alg": "RS256", "use": "sig"}

    def _token(self, handler: BaseHTTPRequestHandler, form: dict[str, str]) -> None:
        asked = self.asked.pop(form.get("code", ""), None)
        proof = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(proof).decode().rstrip("=")
        secret = (form.get("client_id"), form.get("client_secret"))
        is_right = (
            asked is not None
            and secret == (CLIENT_ID, CLIENT_SECRET)
            and asked["code_challenge"] == challenge
            and asked["redirect_uri"] == form["redirect_uri"]
        )
        if not is_right or asked is None:
            return _send(handler, 400, {"error": "invalid_grant"})
        answer = {"access_token": "at", "token_type": "Bearer", "expires_in": 60}
        if self.fault != "no ID token":
            answer["id_token"] = self._id_token(asked)
        return _send(handler, 200, answer)

    def _id_token(self, asked: dict[str, str]) -> str:
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": asked["nonce"],
            **self.person,
        }
        key: Any = self.key
        algorithm, kid = "RS256", "one"
        match self.fault:
            case "wrong key":
                key = self.other_key
            case "unknown key":
                kid = "two"
            case "wrong audience":
                claims["aud"] = "another"
            case "several audiences":
                claims["aud"] = [CLIENT_ID, "another"]
            case "wrong issuer":
                claims["iss"] = "https://evil.example"
            case "wrong nonce":
                claims["nonce"] = "another"
            case "no nonce":
                del claims["nonce"]
            case "expired":
                claims |= {"iat": now - 900, "exp": now - 600}
            case "none":
                key, algorithm = None, "none"
            case "our secret":
                key, algorithm = CLIENT_SECRET.ljust(32, "_"), "HS256"
            case "no subject":
                del claims["sub"]
            case "no JWT":
                return "a.b.c"
            case "deep claims":
                deep = base64.urlsafe_b64encode(DEEP.encode()).decode()
                return f"{jwt.encode({}, key, algorithm).partition('.')[0]}.{deep}.c"
        return jwt.encode(claims, key, algorithm=algorithm, headers={"kid": kid})


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: Any, **headers: str
) -> None:
    if isinstance(body, bytes):
        headers["Content-Encoding"], data = "gzip", body
    else:
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    for name, value in (headers | {"Content-Length": str(len(data))}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(data)


def _drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, until the other side hangs up."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    with suppress(OSError):
        while True:
            handler.wfile.write(b" ")
            time.sleep(0.05)
