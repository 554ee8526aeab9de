"""What is stored: connections, secrets that can be read, months, roll-ups, people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

from allauth.mfa.models import Authenticator
from django.contrib.auth import get_user_model
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import timezone

from dashboard.metrics.freshness import is_behind
from dashboard.models import Channel
from dashboard.operations.doctor.finding import About, Finding
from ingest.contract import ConfigError
from ingest.credentials import decrypted
from ingest.models import STUCK, Connection, RelayedPart, Run
from ingest.partitions import existing_months, next_month

TOOLS, SECRETS, STORED = About("tools"), About("secrets"), About("stored")
PEOPLE = About("people")
# Runs whose roll-ups are compared with their rows.
SAMPLE = 200
_KEY_BACK = "Put the key back that encrypted them into CREDENTIALS_KEYS, or "


def check_tools() -> Iterator[Finding]:
    now = timezone.now()
    followed = list(Connection.objects.filter(paused_at=None))
    troubled = 0
    for one in followed:
        if one.last_error:
            when = one.failing_since
            since = f" since {when:%Y-%m-%d %H:%M} UTC" if when else ""
            yield TOOLS.problem(
                f"{one.name} fails{since}: {one.last_error}",
                "See /sync/, correct what it says on the connection's page, or pause it.",
            )
        elif is_behind(one, now):
            yield TOOLS.problem(
                f"{one.name} brought nothing lately.",
                "See whether a worker runs and what /sync/ says of it.",
            )
        else:
            continue
        troubled += 1
    if followed and not troubled:
        yield TOOLS.ok(f"{len(followed)} connections are up to date.")


def check_secrets() -> Iterator[Finding]:
    lost = [one.name for one in Connection.objects.all() if _is_lost(one)]
    if lost:
        yield SECRETS.problem(
            f"The credentials of {', '.join(lost)} cannot be read.",
            f"{_KEY_BACK}enter them again on each connection's page.",
        )
    factors = Authenticator.objects.select_related("user")
    people = sorted(
        {
            one.user.get_username()
            for one in factors
            for name in ("secret", "seed")
            if name in one.data and not _opens(one.data[name])
        }
    )
    if people:
        yield SECRETS.problem(
            f"The second factor of {', '.join(people)} cannot be read; they cannot sign in.",
            f"{_KEY_BACK}run manage.py user set NAME --no-second-factor for each.",
        )
    channels = [c.name for c in Channel.objects.all() if not _opens(c.sealed_address)]
    if channels:
        yield SECRETS.problem(
            f"The address of {', '.join(channels)} cannot be read; no digest goes there.",
            f"{_KEY_BACK}let its owner make the channel anew.",
        )
    if not (lost or people or channels):
        yield SECRETS.ok("What is encrypted fits the keys in CREDENTIALS_KEYS.")


def _is_lost(connection: Connection) -> bool:
    try:
        connection.secrets  # noqa: B018
    except (ConfigError, ImproperlyConfigured):
        return True
    return False


def _opens(token: str) -> bool:
    try:
        decrypted(token)
    except ImproperlyConfigured:
        return False
    return True


def check_relay() -> Iterator[Finding]:
    stuck = RelayedPart.objects.filter(state__in=STUCK).count()
    if stuck:
        yield TOOLS.note(
            f"{stuck} pushed parts were refused by their tool, or nobody knows; what "
            "comes behind them waits.",
            "Decide about them at /sync/relay/.",
        )


def check_months() -> Iterator[Finding]:
    today = timezone.now().date()
    this = today.replace(day=1)
    missing = {this, next_month(this)} - existing_months()
    # A new installation makes them with its first result, or within the hour.
    if missing and Run.objects.exists():
        names = ", ".join(f"{month:%Y-%m}" for month in sorted(missing))
        yield STORED.problem(
            f"There is no partition for {names}; a result of that month makes it when it "
            "comes, while others wait.",
            "See that the beat and a worker run: the hourly housekeeping makes it ahead.",
        )


def check_rollups() -> Iterator[Finding]:
    said, told = StringIO(), StringIO()
    try:
        call_command(
            "rollups", "--check", f"--sample={SAMPLE}", stdout=said, stderr=told
        )
    except (CommandError, SystemExit):
        yield STORED.problem(
            f"Roll-ups differ from their rows: {said.getvalue().splitlines()[0]}",
            "Run manage.py rollups, which makes them anew from the rows.",
        )
        return
    yield STORED.ok("The roll-ups of a sample of runs are what their rows say.")


def check_people() -> Iterator[Finding]:
    people = get_user_model().objects.filter(is_active=True)
    if not people.filter(is_superuser=True).exists():
        yield PEOPLE.problem(
            "There is no administrator who could sign in.",
            "Run manage.py user create NAME --role admin, or user set NAME --role admin "
            "--enable.",
        )
    forgotten = people.filter(
        is_superuser=True, last_login__lt=timezone.now() - timedelta(days=180)
    )
    for person in forgotten:
        yield PEOPLE.note(
            f"The administrator {person.get_username()} did not sign in for half a year.",
            "Lower the role or disable the user, if nobody needs it.",
        )


CHECKS = (
    check_tools,
    check_secrets,
    check_relay,
    check_months,
    check_rollups,
    check_people,
)
