"""To the provider of OpenID Connect and back."""

from __future__ import annotations

from allauth.socialaccount.providers.oauth2.views import (
    OAuth2CallbackView,
    OAuth2LoginView,
)
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from requests import RequestException

from dashboard.sign_in.id_tokens import Refused
from dashboard.sign_in.openid_people import FAILED
from dashboard.sign_in.provider import Verified
from dashboard.sign_in.refusals import refusal


@never_cache
@require_safe
def to_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answer(request, OAuth2LoginView, provider_id)


@never_cache
@require_safe
def back_from_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answer(request, OAuth2CallbackView, provider_id)


def _answer(
    request: HttpRequest,
    view: type[OAuth2LoginView] | type[OAuth2CallbackView],
    provider_id: str,
) -> HttpResponse:
    if not settings.OIDC_ISSUER:
        raise Http404
    try:
        answer: HttpResponse = view.adapter_view(Verified(request, provider_id))(
            request
        )
    except Refused as error:
        return refusal(request, error.sentence, status=502)
    except (RequestException, ValueError):
        sentence = FAILED.format(name=settings.OIDC_NAME)
        return refusal(request, sentence, status=502)
    return answer
