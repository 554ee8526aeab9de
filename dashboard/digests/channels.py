"""The five kinds of channels: which addresses they take, and what is shown of one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from dashboard.models import ChannelKind
from ingest.origins import is_plain

LONGEST_ADDRESS = 2_000
LONGEST_MAIL = 254
_SLACK = re.compile(r"/services/(T[A-Z0-9]+)/(B[A-Z0-9]+)/([A-Za-z0-9]+)", re.ASCII)
_DISCORD = re.compile(r"/api/(?:v\d+/)?webhooks/(\d{5,25})/([\w-]{10,200})", re.ASCII)
_TEAMS = re.compile(
    r"(?:/powerautomate/automations/direct(?:/cu/\d+)?)?"
    r"/workflows/([\w-]{5,200})/triggers/manual/paths/invoke/?",
    re.ASCII,
)
_TEAMS_SIGNATURE = re.compile(r"(?:^|&)sig=([\w-]{5,200})(?:&|$)", re.ASCII)


class WrongAddress(ValueError):
    """What was entered is no address of its kind; the text says what is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One whose addresses look alike: `hosts` are its own, or end in it."""

    hosts: tuple[str, ...]
    path: re.Pattern[str]
    example: str


SERVICES = {
    ChannelKind.SLACK: Service(
        hosts=("hooks.slack.com", "hooks.slack-gov.com"),
        path=_SLACK,
        example="https://hooks.slack.com/services/T…/B…/…",
    ),
    ChannelKind.DISCORD: Service(
        hosts=("discord.com", "discordapp.com", "canary.discord.com"),
        path=_DISCORD,
        example="https://discord.com/api/webhooks/…/…",
    ),
    ChannelKind.TEAMS: Service(
        hosts=(".logic.azure.com", ".api.powerplatform.com"),
        path=_TEAMS,
        example="https://….logic.azure.com/workflows/…/triggers/manual/paths/invoke?…",
    ),
}


def checked_address(kind: ChannelKind, text: str) -> str:
    """The address as it is stored. Raises WrongAddress."""
    text = text.strip()
    if kind is ChannelKind.EMAIL:
        return _mail(text)
    if len(text) > LONGEST_ADDRESS:
        raise WrongAddress(f"It is longer than {LONGEST_ADDRESS:,} letters.")
    return _of_service(text, SERVICES[kind]) if kind in SERVICES else _webhook(text)


def shown_address(kind: ChannelKind, address: str) -> str:
    """What may be told of it: enough to know it by, too little to use it."""
    if kind is ChannelKind.EMAIL:
        name, _, domain = address.partition("@")
        return f"{name[:1]}…@{domain}"
    host = urlsplit(address).netloc[:120]
    return f"{host}/…{address[-4:]}" if kind in SERVICES else f"{host}/…"


def _mail(text: str) -> str:
    if not settings.MAIL_IS_SENT:
        raise WrongAddress("Passline sends no mail: EMAIL_URL is not set.")
    try:
        validate_email(text)
    except ValidationError:
        text = ""
    # One address, whatever a mail server would read in another sign.
    if not text.isascii() or len(text) > LONGEST_MAIL or re.search(r"[\s,;<>\"]", text):
        text = ""
    if not text:
        raise WrongAddress("It is no e-mail address such as team@example.com.")
    return text


def _of_service(text: str, service: Service) -> str:
    wrong = WrongAddress(f"It does not look like {service.example}.")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise wrong from None
    is_its = any(
        host.endswith(own) if own.startswith(".") else host == own
        for own in service.hosts
    )
    fits = service.path.fullmatch(parts.path) and "@" not in parts.netloc
    is_signed = service is not SERVICES[ChannelKind.TEAMS] or _TEAMS_SIGNATURE.search(
        parts.query
    )
    if parts.scheme != "https" or not is_its or port not in (None, 443):
        raise wrong
    if not fits or not is_signed or not _is_one_word(text) or parts.fragment:
        raise wrong
    return text


def _webhook(text: str) -> str:
    schemes = ("https", "http") if settings.ALLOW_PRIVATE_VENDOR_URLS else ("https",)
    plain, _, query = text.partition("?")
    if not is_plain(plain) or urlsplit(plain).scheme not in schemes:
        raise WrongAddress(f"It is no address such as {schemes[0]}://example.com/hook.")
    if not _is_one_word(text) or "#" in query:
        raise WrongAddress("It holds a space, or a letter that no address has.")
    return text


def _is_one_word(text: str) -> bool:
    return (
        text.isascii() and text.isprintable() and " " not in text and "\\" not in text
    )


def slack_tokens(address: str) -> tuple[str, str, str]:
    found = _SLACK.search(urlsplit(address).path)
    a, b, c = found.groups() if found else ("", "", "")
    return a, b, c


def discord_tokens(address: str) -> tuple[str, str]:
    found = _DISCORD.search(urlsplit(address).path)
    return (found[1], found[2]) if found else ("", "")


def teams_tokens(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    found, signed = _TEAMS.search(parts.path), _TEAMS_SIGNATURE.search(parts.query)
    return (found[1], signed[1]) if found and signed else ("", "")
