"""To the provider of OpenID Connect and back."""

from __future__ import annotations

import logging

from allauth.socialaccount.internal.statekit import get_states
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

logger = logging.getLogger(__name__)
NOT_BEGUN = "This browser began no such sign-in, or too long ago. Begin again."


@never_cache
@require_safe
def to_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    return _answer(request, OAuth2LoginView, provider_id)


@never_cache
@require_safe
def back_from_provider(request: HttpRequest, provider_id: str) -> HttpResponse:
    if settings.OIDC_ISSUER and request.GET.get("state") not in get_states(request):
        # Anybody can ask for this address: it costs no question and no row of the log.
        return refusal(request, NOT_BEGUN)
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
        logger.warning("the sign-in provider: %s", error.sentence)
        return refusal(request, error.sentence, status=502)
    except (RequestException, ValueError) as error:
        logger.warning("the sign-in provider did not answer: %s", error)
        sentence = FAILED.format(name=settings.OIDC_NAME)
        return refusal(request, sentence, status=502)
    return answer
