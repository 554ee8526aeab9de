"""How many guesses at a password, or at the address of a shared thing, are let through.

Counted in the database: a cache forgets what it has no room for, and everything when it
is started again.
"""

from __future__ import annotations

import logging
import math
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core import signing
from django.db import connection
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from dashboard.addresses import site_root
from dashboard.annotations.audit_log import note
from dashboard.client_address import client_of, site_of
from dashboard.models import ActKind, GuessCount

logger = logging.getLogger(__name__)

WINDOW_S = 300
# Of one client at one user.
TRIES = 10
# Of one address at all users: some people of one office mistype at the same time.
TRIES_OF_ADDRESS = 30
# Of all networks of IPv6 together that one customer may have.
TRIES_OF_SITE = 120
# Of all addresses at one user. From then on each has few tries, but never none: the
# user may be at a new place just now.
TRIES_AT_USER = 50
TRIES_UNDER_ATTACK = 2
# Of one address, and of all at one e-mail address: mails with a link for a password.
MAILS_ASKED, MAILS_TO, MAILS_WINDOW_S = 10, 5, 3600
# Of one address: sign-ins through the provider that fail and are still noted.
REFUSALS_NOTED = 30
# Of one address at links that open nothing.
LINK_TRIES, LINK_WINDOW_S = 60, 600
COOKIE = "device"
COOKIE_AGE_S = 365 * 24 * 3600
_SALT = "dashboard.throttle"


@dataclass(frozen=True, slots=True)
class _Count:
    tries: int
    ends_at: datetime

    @property
    def wait_s(self) -> int:
        left = (self.ends_at - timezone.now()).total_seconds()
        return max(1, math.ceil(left))


@dataclass(frozen=True, slots=True)
class Guess:
    """One guess at `user`'s password, by a browser that knows the user or by an address,
    or at their second factor.

    A browser in which the user logged in before is counted apart, so that nobody else's
    guesses at the password, not even from the same address, keep the user out.
    """

    user: str
    address: str
    device: str = ""
    at_second_factor: bool = False

    @classmethod
    def of(
        cls, user: str, request: HttpRequest, *, at_second_factor: bool = False
    ) -> Guess:
        name = user.strip().casefold()
        device = "" if at_second_factor else _device(request, name)
        return cls(name, client_of(request), device, at_second_factor)

    def wait_s(self) -> int:
        """Count the guess; 0 when it may be tried, else the seconds to wait.

        It is counted before the password is looked at, or guesses made at the same
        moment would all be let through.
        """
        if self.device:
            return self._over(_counted(self._own_key), TRIES)
        if wait_s := self._over(_counted(self._address_key), TRIES_OF_ADDRESS):
            return wait_s
        if self._has_site:
            of_site = _counted(_key("site", self._site))
            if wait_s := self._over(of_site, TRIES_OF_SITE):
                return wait_s
        own = _counted(self._own_key)
        if wait_s := self._over(own, TRIES):
            return wait_s
        at_user = _counted(self._user_key)
        if at_user.tries == TRIES_AT_USER + 1:
            logger.warning("a user's %s is guessed from many addresses", self._what)
            self._note("guesses from many addresses")
        if at_user.tries <= TRIES_AT_USER:
            return 0
        if self.at_second_factor:
            # Nobody gets here without the password, and of six digits a few tries from
            # each of many addresses find the right ones. So nobody is let through.
            return at_user.wait_s
        if self._has_site:
            own = _counted(_key("site at user", self.user, self._site))
        return _over(own, TRIES_UNDER_ATTACK)

    def was_right(self) -> None:
        """The user logged in: this client's count at this user begins anew.

        The other counts lose this one try and no more. Whoever has a user of his own
        would otherwise guess at all others without end.
        """
        GuessCount.objects.filter(key=self._own_key).delete()
        if not self.device:
            keys = [self._address_key, self._user_key, _key("site", self._site)]
            shared = GuessCount.objects.filter(key__in=keys, tries__gt=0)
            shared.update(tries=F("tries") - 1)

    def _over(self, count: _Count, limit: int) -> int:
        if count.tries == limit + 1:
            # Once, however many come after it.
            self._note("too many tries")
        return _over(count, limit)

    def _note(self, why: str) -> None:
        user = get_user_model().objects.filter(username__iexact=self.user).first()
        # What was typed may be a password, in the wrong field.
        name = user.get_username() if user else "somebody unknown"
        after = {"address": self.address, "why": why, "at": self._what}
        about = user.pk if user else 0
        note(ActKind.LOCK_OUT, by="", name=name, about=about, after=after)

    @property
    def _site(self) -> str:
        return site_of(self.address)

    @property
    def _has_site(self) -> bool:
        return self._site != self.address

    @property
    def _own_key(self) -> str:
        return _key("own", self._what, self.user, self.device or self.address)

    @property
    def _address_key(self) -> str:
        return _key("address", self.address)

    @property
    def _user_key(self) -> str:
        return _key("user", self._what, self.user)

    @property
    def _what(self) -> str:
        return "second factor" if self.at_second_factor else "password"


def remember_device(answer: HttpResponse, user: str) -> None:
    """Let this browser be known to the user who has just logged in with it."""
    known = [user.strip().casefold(), secrets.token_urlsafe(16)]
    answer.set_cookie(
        COOKIE,
        signing.dumps(known, salt=_SALT),
        max_age=COOKIE_AGE_S,
        path=site_root(),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _device(request: HttpRequest, name: str) -> str:
    """What tells a browser that is known to this user from others; "" for no such."""
    try:
        known = signing.loads(
            request.COOKIES.get(COOKIE, ""), salt=_SALT, max_age=COOKIE_AGE_S
        )
    except signing.BadSignature:
        return ""
    user, device = known
    return str(device) if user == name else ""


def mail_wait_s(request: HttpRequest, email: str) -> int:
    """Count a mail that somebody asks for; 0 where it may be sent, else the seconds to
    wait. Whether a user has that address makes no difference.
    """
    asked = _counted(_key("mail", client_of(request)), MAILS_WINDOW_S)
    if wait_s := _over(asked, MAILS_ASKED):
        return wait_s
    to = _counted(_key("mail to", email.strip().casefold()), MAILS_WINDOW_S)
    return _over(to, MAILS_TO)


def refusal_is_noted(request: HttpRequest) -> bool:
    """Count a sign-in through the provider that failed; whether the audit log, of which
    no row is ever deleted, still takes it.
    """
    count = _counted(_key("refusal", client_of(request)))
    return count.tries <= REFUSALS_NOTED


def closed_link_wait_s(request: HttpRequest) -> int:
    """Count a link that opened nothing; 0 where that may be told, else the seconds to wait.

    Links that open something are not counted, and are answered all the same: behind one
    address may be a chat's or a code host's proxy, and everybody's pictures.
    """
    count = _counted(_key("link", client_of(request)), LINK_WINDOW_S)
    return _over(count, LINK_TRIES)


def _counted(key: str, window_s: int = WINDOW_S) -> _Count:
    """One more try under this key, in one statement, so that none is lost."""
    ends_at = timezone.now() + timedelta(seconds=window_s)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO dashboard_guesscount AS kept (key, tries, ends_at) "
            "VALUES (%(key)s, 1, %(ends_at)s) ON CONFLICT (key) DO UPDATE SET "
            "tries = CASE WHEN kept.ends_at <= %(now)s THEN 1 ELSE kept.tries + 1 END, "
            "ends_at = CASE WHEN kept.ends_at <= %(now)s THEN excluded.ends_at "
            "ELSE kept.ends_at END RETURNING tries, ends_at",
            {"key": key, "now": timezone.now(), "ends_at": ends_at},
        )
        tries, until = cursor.fetchone()
    return _Count(tries, until)


def _over(count: _Count, limit: int) -> int:
    return count.wait_s if count.tries > limit else 0


def _key(*what: str) -> str:
    text = "\n".join(what)
    return salted_hmac(_SALT, text, algorithm="sha256").hexdigest()
