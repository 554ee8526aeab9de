"""Passwords by a link: asked for by mail, or made by an administrator."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.addresses import address, site_of
from dashboard.annotations.audit_log import note
from dashboard.models import ActKind
from dashboard.pages.account.forms import ForgotForm, NewPasswordForm
from dashboard.people.mail import ask_for_password_mail
from dashboard.sign_in.refusals import refusal
from dashboard.sign_in.second_factor import too_many
from dashboard.throttle import mail_wait_s
from dashboard.ui.theme import theme_of

ASK_AN_ADMIN = (
    "Passline sends no mail here. Ask an administrator: they make a link for you with "
    "which you set a new password."
)
SENT = (
    "If a user has that address, a link is on its way to it. It works once, for three "
    "days. Nothing came? Look among unwanted mail, or ask an administrator."
)
NO_LINK = "This link worked once, or has expired. Ask for another."


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgot(request: HttpRequest) -> HttpResponse:
    """Answers alike, and as fast, whether a user has the address or not."""
    if not settings.MAIL_IS_SENT:
        return refusal(request, ASK_AN_ADMIN, title="A new password", status=200)
    form = ForgotForm(request.POST or None)
    context: dict[str, Any] = {"form": form, "theme": theme_of(request)}
    if request.method != "POST" or not form.is_valid():
        return render(request, "account/forgot.html", context)
    email = form.cleaned_data["email"]
    if wait_s := mail_wait_s(request, email):
        answer = refusal(request, too_many(wait_s), title="Not now", status=429)
        answer.headers["Retry-After"] = str(wait_s)
        return answer
    ask_for_password_mail(email, site_of(request))
    return refusal(request, SENT, title="Look at your mail", status=200)


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class SetPassword(PasswordResetConfirmView):
    """The page of a link, which leaves the link's address before it shows anything."""

    template_name = "account/set_password.html"
    form_class = NewPasswordForm

    def get_user(self, uidb64: str) -> User | None:
        user = super().get_user(uidb64)
        return user if isinstance(user, User) and user.is_active else None

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"theme": theme_of(self.request)}

    def render_to_response(self, context: Any, **kwargs: Any) -> HttpResponse:
        if not self.validlink:
            return refusal(self.request, NO_LINK, title="No such link", status=404)
        return super().render_to_response(context, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        user = self.user
        assert isinstance(user, User)
        name, after = user.username, {"changed": "by a link"}
        note(ActKind.PASSWORD, by=name, name=name, about=user.pk, after=after)
        return answer

    def get_success_url(self) -> str:
        return address("login")


def set_password(request: HttpRequest, uidb64: str, token: str) -> HttpResponseBase:
    answer = SetPassword.as_view()(request, uidb64=uidb64, token=token)
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
