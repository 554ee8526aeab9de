"""The link of a message: a share of the page behind it, pinned to the moment it tells of.

A channel is read by people without an account, and the page must say the same next month.
"""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from dashboard.addresses import known_site
from dashboard.models import Share, Subscription
from dashboard.sharing.links import root_of
from dashboard.sharing.making import make_share, wanted

HOLDS_FOR = timedelta(days=90)


def pinned_share(subscription: Subscription, page: str) -> tuple[Share, str]:
    """A share of `page`, an address of this site, as the reader in force sees it, and the
    address that opens it. Raises CannotShare.
    """
    now = timezone.now()
    share, token = make_share(
        _request(site_of(subscription)),
        wanted(page, now),
        owner_id=subscription.owner_id,
        by=subscription.owner.get_username(),
        is_pinned=True,
        expires_at=now + HOLDS_FOR,
    )
    return share, site_of(subscription) + root_of(token)


def site_of(subscription: Subscription) -> str:
    """Where people find this installation: as its settings say, else as its owner did."""
    is_said = bool(settings.CSRF_TRUSTED_ORIGINS)
    return known_site() if is_said else subscription.site or known_site()


def _request(address: str) -> HttpRequest:
    """What pages read of a request, where no request has come."""
    site = urlsplit(address)
    request = HttpRequest()
    request.method = "GET"
    request.META |= {
        "SERVER_NAME": site.hostname or "127.0.0.1",
        "SERVER_PORT": str(site.port or (443 if site.scheme == "https" else 80)),
        "HTTP_HOST": site.netloc,
        "HTTP_X_FORWARDED_PROTO": site.scheme,
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": site.scheme,
    }
    return request
