"""Where a message waits for the next page: a cookie of this site, or the session."""

from __future__ import annotations

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.http import HttpResponseBase

from dashboard.addresses import site_root


class Storage(FallbackStorage):
    """Django sets its cookie for the whole host, whatever path we are served under."""

    def update(self, response: HttpResponseBase) -> list[Message] | None:
        left = super().update(response)
        if cookie := response.cookies.get(CookieStorage.cookie_name):
            cookie["path"] = site_root()
        return left
