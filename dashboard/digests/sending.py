"""One message handed to Slack, Teams, Discord, a mail server or a webhook, by apprise.

Of apprise five plugins are used, made here from their parts: none of its addresses is
parsed, so that none names a file, a configuration, a template or a program. They build what
a service reads; it leaves through the guard that vendors are asked through, to the address
as it was entered and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests
from apprise import AppriseAsset, NotifyFormat, NotifyType
from apprise.exception import AppriseImproperlyConfigured
from apprise.plugins import custom_json, discord, slack, workflows
from apprise.plugins.email import NotifyEmail
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from dashboard.digests import formats
from dashboard.digests.channels import discord_tokens, slack_tokens, teams_tokens
from dashboard.digests.message import Message
from dashboard.models import Channel, ChannelKind
from ingest.posting import NotPosted, Posted, post

# What will not change by itself: no such address, no right to it, or not to be read.
_FINAL = frozenset({400, 401, 403, 404, 405, 410, 413, 422})
_TYPES = {
    "info": NotifyType.INFO,
    "good": NotifyType.SUCCESS,
    "bad": NotifyType.FAILURE,
}
MAIL_LIMIT_S = 10


@dataclass(slots=True)
class Outcome:
    """What became of one try. `problem` holds no address; `is_final`: another try would
    end alike; `retry_after_s` is what the other side asked for.
    """

    is_sent: bool = False
    problem: str = ""
    is_final: bool = False
    retry_after_s: float | None = None


@dataclass(slots=True)
class _Way:
    """Where the message of this thread goes, and what was heard of it."""

    address: str
    heard: Outcome = field(default_factory=Outcome)


_way: ContextVar[_Way] = ContextVar("way")


class _NotTaken(requests.RequestException):
    """Ends the plugin's own handling of an answer: it would log parts of it."""


def _request(
    method: str,
    url: str,
    data: str | bytes | None = None,
    headers: Mapping[str, str] | None = None,
    **_: object,
) -> Any:
    """In place of `requests.request` of the plugins: `url` is what they make of the
    address, and the address itself is what is asked.
    """
    way = _way.get()
    if method.upper() != "POST":
        raise _NotTaken
    body = data.encode() if isinstance(data, str) else data or b""
    kept = {"Content-Type": "application/json", **(headers or {})}
    try:
        answer = post(
            way.address,
            body,
            kept,
            allow_private_urls=settings.ALLOW_PRIVATE_VENDOR_URLS,
        )
    except NotPosted as error:
        way.heard = Outcome(problem=error.sentence, is_final=error.is_final)
        raise _NotTaken from None
    if not 200 <= answer.code < 300:
        way.heard = _refused(answer, way.address)
        raise _NotTaken
    if not answer.is_whole:
        # Whoever says so took it, whatever was to follow.
        way.heard = Outcome(is_sent=True)
        raise _NotTaken
    way.heard.problem = "The answer was not the one that such an address gives."
    way.heard.is_final = True
    return SimpleNamespace(
        status_code=answer.code, headers=answer.headers, content=answer.content
    )


def _refused(answer: Posted, address: str) -> Outcome:
    host, code = urlsplit(address).hostname, answer.code
    if 300 <= code < 400:
        return Outcome(
            problem=f"{host} redirects elsewhere ({code}), which is not followed.",
            is_final=True,
        )
    if code == 429:
        return Outcome(
            problem=f"{host} asked for a pause (429).",
            retry_after_s=answer.retry_after_s,
        )
    if code in (404, 410):
        return Outcome(
            problem=f"{host} has no such address any more ({code}).", is_final=True
        )
    return Outcome(
        problem=f"{host} did not take it ({code}).",
        is_final=code in _FINAL,
        retry_after_s=answer.retry_after_s,
    )


# The plugins ask by the name `requests` of their own modules: the one place where all
# that they send passes, redirects and look-ups of their own included.
_GUARDED = SimpleNamespace(
    request=_request,
    post=lambda url, **values: _request("POST", url, **values),
    get=lambda url, **values: _request("GET", url, **values),
    codes=requests.codes,
    RequestException=requests.RequestException,
)
for _module in (custom_json, discord, slack, workflows):
    vars(_module)["requests"] = _GUARDED


class _Slack(slack.NotifySlack):  # type: ignore[misc]
    request_rate_per_sec = 0

    def _send(self, url: str, payload: Any, *args: Any, **kwargs: Any) -> Any:
        # Clients without blocks, and notifications, show this alone.
        blocks = payload["attachments"][0]["blocks"]
        payload["text"] = blocks[0]["text"]["text"]
        for block in blocks:
            if block["type"] == "section":
                # No name becomes a link or a channel.
                block["text"]["verbatim"] = True
        return super()._send(url, payload, *args, **kwargs)


class _Discord(discord.NotifyDiscord):  # type: ignore[misc]
    request_rate_per_sec = 0

    def _send(self, payload: Any, *args: Any, **kwargs: Any) -> Any:
        # Whatever a name holds, nobody is called.
        payload["allowed_mentions"] = {"parse": []}
        return super()._send(payload, *args, **kwargs)


class _Teams(workflows.NotifyWorkflows):  # type: ignore[misc]
    request_rate_per_sec = 0


class _Webhook(custom_json.NotifyJSON):  # type: ignore[misc]
    request_rate_per_sec = 0


class _Mail(NotifyEmail):  # type: ignore[misc]
    request_rate_per_sec = 0
    socket_connect_timeout = MAIL_LIMIT_S


def send(channel: Channel, message: Message) -> Outcome:
    """One try. It says nothing that is secret, and raises nothing."""
    try:
        address = channel.address
    except ImproperlyConfigured as error:
        return Outcome(problem=str(error))
    kind = ChannelKind(channel.kind)
    if kind is ChannelKind.EMAIL and not settings.MAIL_IS_SENT:
        return Outcome(problem="Passline sends no mail: EMAIL_URL is not set.")
    with _going_to(address) as way:
        try:
            is_sent = bool(_handed_on(kind, address, message))
        except (AppriseImproperlyConfigured, TypeError, ValueError):
            # Their own words may hold the address.
            is_sent = False
            way.heard = Outcome(problem="The address does not fit.", is_final=True)
        if is_sent or way.heard.is_sent:
            return Outcome(is_sent=True)
        if not way.heard.problem:
            way.heard.problem = _UNSAID.get(kind, "It was not taken.")
        return way.heard


_UNSAID = {ChannelKind.EMAIL: "The mail server did not take it, or was not reached."}


@contextmanager
def _going_to(address: str) -> Iterator[_Way]:
    way = _Way(address)
    token = _way.set(way)
    try:
        yield way
    finally:
        _way.reset(token)


def _handed_on(kind: ChannelKind, address: str, message: Message) -> Any:
    text = {
        "body": formats.body(message, kind),
        "title": formats.subject(message, kind),
        "notify_type": _TYPES[message.level],
    }
    match kind:
        case ChannelKind.SLACK:
            a, b, c = slack_tokens(address)
            plugin = _Slack(
                token_a=a,
                token_b=b,
                token_c=c,
                use_blocks=True,
                include_image=False,
                include_footer=False,
                **_common(),
            )
            return plugin.send(**text, body_format=NotifyFormat.MARKDOWN)
        case ChannelKind.DISCORD:
            hook, token = discord_tokens(address)
            plugin = _Discord(
                webhook_id=hook, webhook_token=token, avatar=False, **_common()
            )
            # It is Markdown already.
            return plugin.send(**text, body_passthrough=True)
        case ChannelKind.TEAMS:
            flow, signature = teams_tokens(address)
            plugin = _Teams(
                workflow=flow,
                signature=signature,
                include_image=False,
                host=urlsplit(address).hostname,
                **_common(),
            )
            return plugin.send(**text)
        case ChannelKind.EMAIL:
            return _mail(address).send(**text, body_format=NotifyFormat.HTML)
    plugin = _Webhook(
        payload=formats.fields(message),
        host=urlsplit(address).hostname,
        secure=True,
        **_common(),
    )
    return plugin.send(**text)


def _mail(address: str) -> Any:
    """The mail server that EMAIL_URL names; nobody chooses another."""
    mode = "insecure"
    if settings.EMAIL_USE_SSL:
        mode = "ssl"
    elif settings.EMAIL_USE_TLS:
        mode = "starttls"
    return _Mail(
        smtp_host=settings.EMAIL_HOST,
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER or None,
        password=settings.EMAIL_HOST_PASSWORD or None,
        secure=mode != "insecure",
        secure_mode=mode,
        from_addr=settings.DEFAULT_FROM_EMAIL,
        targets=[address],
        **_common(),
    )


def _common() -> dict[str, Any]:
    asset = AppriseAsset(app_id="Passline", app_desc="Passline", app_url="")
    return {"asset": asset, "redirect": False, "verify": True}
