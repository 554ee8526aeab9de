"""The second factor at sign-in and in one's settings: django-allauth's, in our frame."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ReauthenticateView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.base.views import ReauthenticateView as ReauthenticateByCodeView
from allauth.mfa.recovery_codes.views import (
    GenerateRecoveryCodesView,
    ViewRecoveryCodesView,
)
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from dashboard.access import for_the_signed_in
from dashboard.throttle import remember_device
from dashboard.ui.theme import theme_of


class _Alone:
    """A page in the frame of the log-in; 429 where its form was one guess too many."""

    request: HttpRequest

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more: dict[str, Any] = super().get_context_data(**kwargs)  # type: ignore[misc]
        return more | {"theme": theme_of(self.request)}

    def form_invalid(self, form: Any) -> HttpResponse:
        answer: HttpResponse = super().form_invalid(form)  # type: ignore[misc]
        if wait_s := getattr(form, "wait_s", 0):
            answer.status_code = 429
            answer.headers["Retry-After"] = str(wait_s)
        return answer


@method_decorator(sensitive_post_parameters(), name="dispatch")
class CodeAtSignIn(_Alone, AuthenticateView):  # type: ignore[misc]
    template_name = "account/code.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and "code" not in request.POST:
            # django-allauth takes it for a security key's answer, which is not offered.
            return redirect(request.path)
        answer: HttpResponse = super().dispatch(request, *args, **kwargs)
        return answer

    def form_valid(self, form: Any) -> HttpResponse:
        user = self.stage.login.user
        answer: HttpResponse = super().form_valid(form)
        if self.request.user.is_authenticated:
            remember_device(answer, user.get_username())
        return answer


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class ConfirmByPassword(_Alone, ReauthenticateView):  # type: ignore[misc]
    template_name = "account/confirm.html"


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class ConfirmByCode(_Alone, ReauthenticateByCodeView):  # type: ignore[misc]
    template_name = "account/confirm.html"


@method_decorator([never_cache, sensitive_post_parameters()], name="dispatch")
class Activate(_Alone, ActivateTOTPView):  # type: ignore[misc]
    template_name = "account/activate.html"


@method_decorator(never_cache, name="dispatch")
class Deactivate(_Alone, DeactivateTOTPView):  # type: ignore[misc]
    template_name = "account/deactivate.html"


@method_decorator(never_cache, name="dispatch")
class NewRecoveryCodes(_Alone, GenerateRecoveryCodesView):  # type: ignore[misc]
    template_name = "account/new_recovery_codes.html"


class RecoveryCodes(_Alone, ViewRecoveryCodesView):  # type: ignore[misc]
    """Shown once; afterwards how many are left."""

    template_name = "account/recovery_codes.html"


def _guarded(view: type[Any]) -> Any:
    @for_the_signed_in
    def guarded(request: HttpRequest) -> HttpResponseBase:
        answer: HttpResponseBase = view.as_view()(request)
        return answer

    return guarded


code_at_sign_in = CodeAtSignIn.as_view()
confirm_by_password = _guarded(ConfirmByPassword)
confirm_by_code = _guarded(ConfirmByCode)
activate = _guarded(Activate)
deactivate = _guarded(Deactivate)
new_recovery_codes = _guarded(NewRecoveryCodes)
recovery_codes = _guarded(RecoveryCodes)
