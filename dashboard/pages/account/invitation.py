"""The page of an invitation: it makes a person, once."""

from __future__ import annotations

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.addresses import address
from dashboard.models import Invitation
from dashboard.pages.account.forms import InvitedForm
from dashboard.people.errors import CannotChange
from dashboard.people.invitations import accept, problem_of
from dashboard.sign_in.openid_people import keep_invitation, take_invitation
from dashboard.sign_in.refusals import refusal
from dashboard.throttle import remember_device
from dashboard.ui.theme import theme_of


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    answer = _answer(request, token)
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer


def _answer(request: HttpRequest, token: str) -> HttpResponse:
    row = Invitation.of(token)
    if row is None or problem_of(row):
        title = "This invitation does not hold"
        return refusal(request, problem_of(row), title=title, status=404)
    form = InvitedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            user = _made(row, form)
        except CannotChange as error:
            form.add_error(None, error.sentence)
        else:
            take_invitation(request)
            return _signed_in(request, user)
    elif settings.OIDC_ISSUER:
        keep_invitation(request, row)
    context = {
        "form": form,
        "invitation": row,
        "teams": ", ".join(team.name for team in row.teams.all()),
        "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        "theme": theme_of(request),
    }
    return render(request, "account/invitation.html", context)


def _made(row: Invitation, form: InvitedForm) -> User:
    with transaction.atomic():
        user = accept(row, form.cleaned_data["username"])
        user.set_password(form.cleaned_data["password1"])
        user.save(update_fields=["password"])
    return user


def _signed_in(request: HttpRequest, user: User) -> HttpResponse:
    name = user.get_username()
    login = Login(user=user, redirect_url=address("overview"))
    answer: HttpResponse = perform_password_login(request, {"username": name}, login)
    remember_device(answer, name)
    return answer
