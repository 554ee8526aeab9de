"""Mails to people: an invitation, a link for a password."""

from __future__ import annotations

import logging
from smtplib import SMTPException

from celery import shared_task
from django.conf import settings
from django.contrib.auth.models import User
from django.core.mail import send_mail
from kombu.exceptions import OperationalError

from dashboard.people.password_links import days_it_holds, password_link

logger = logging.getLogger(__name__)
BY_MAIL = "(by mail)"
INVITED = """{by} invites you to Passline, the dashboard of your test runs.

{link}

The link works once, until {until}.
"""
NEW_PASSWORD = """Somebody, probably you, asked for a new password of {name} at Passline.

{link}

The link works once, for {days} days. If it was not you, do nothing: your password stays.
"""


def mail_invitation(to: str, link: str, *, by: str, until: str) -> bool:
    """Whether the mail server took it."""
    text = INVITED.format(by=by, link=link, until=until)
    return _sent(to, "An invitation to Passline", text)


def ask_for_password_mail(email: str, site: str) -> None:
    """Leaves the rest to a worker, so that nobody can tell by the time it takes whether
    there is such a user.
    """
    try:
        mail_password_link.delay(email, site)
    except (OperationalError, OSError) as error:
        logger.warning("a mail was not sent: the queue does not answer: %s", error)


@shared_task
def mail_password_link(email: str, site: str) -> None:
    """To the user of this address, if there is one who may sign in and has a password.

    Whoever signs in through the provider alone gets no second way in by a mail.
    """
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None or not user.has_usable_password():
        return
    link = site + password_link(user, by=BY_MAIL)
    text = NEW_PASSWORD.format(name=user.username, link=link, days=days_it_holds())
    _sent(user.email, "A new password for Passline", text)


def _sent(to: str, subject: str, text: str) -> bool:
    try:
        return bool(send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [to]))
    except (SMTPException, OSError) as error:
        # Its own text may hold what was said to the server.
        logger.warning("a mail was not sent: %s", type(error).__name__)
        return False
