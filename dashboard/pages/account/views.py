"""Log-in, log-out, and the set-up of the first user."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login
from django.conf import settings
from django.contrib import auth
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView, redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard import first_user
from dashboard.addresses import address, is_ours
from dashboard.advisory_lock import advisory_lock
from dashboard.annotations.audit_log import note
from dashboard.models import ActKind
from dashboard.pages.account.forms import LogInForm, SetupForm
from dashboard.people.persons import described
from dashboard.throttle import remember_device
from dashboard.ui.theme import theme_of

NO_USER_YET = (
    "Passline has no user yet. Open the one-time link that it printed in its terminal "
    "when it started, or run python manage.py createsuperuser."
)
WRONG_LINK = (
    "This is not the link that was printed last. Open the one in Passline's terminal; "
    "restart Passline to see it again, or run python manage.py createsuperuser."
)
SET_UP_ALREADY = (
    "The first user exists, and the link worked once. Log in; an administrator can "
    "invite you."
)


@method_decorator(never_cache, name="dispatch")
class LogIn(LoginView):
    """Django's log-in; `next` leads to pages of this site only."""

    template_name = "account/login.html"
    form_class = LogInForm
    redirect_authenticated_user = True

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not first_user.somebody_exists():
            return redirect("setup")
        return super().dispatch(request, *args, **kwargs)  # type: ignore[return-value]

    def get_success_url(self) -> str:
        page = super().get_success_url()
        # Django takes a way that leads back here for a mistake of ours, with a 500.
        is_good = is_ours(page) and page != self.request.path
        return page if is_good else self.get_default_redirect_url()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        more = {
            "theme": theme_of(self.request),
            "provider": settings.OIDC_NAME if settings.OIDC_ISSUER else "",
        }
        return super().get_context_data(**more, **kwargs)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        answer = super().form_invalid(form)
        if isinstance(form, LogInForm) and form.wait_s:
            answer.status_code = 429
            answer.headers["Retry-After"] = str(form.wait_s)
        return answer

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user = form.get_user()
        # Only who has no second factor is signed in with this.
        answer: HttpResponse = perform_password_login(
            self.request,
            {"username": user.get_username()},
            Login(user=user, redirect_url=self.get_success_url()),
        )
        if self.request.user.is_authenticated:
            remember_device(answer, user.get_username())
        return answer


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def admin_log_in(request: HttpRequest) -> HttpResponse:
    """The admin has no log-in of its own: a second one would need a second throttle."""
    if request.user.is_authenticated and not request.user.is_staff:
        # Back at the log-in they would be sent on to the admin again.
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or address("admin:index"))


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    auth.logout(request)
    context = {"theme": theme_of(request)}
    return render(request, "account/logged_out.html", context)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first user is made with the one-time link; without it, how to get it."""
    token = request.GET.get("token", "")
    if not first_user.is_valid(token):
        return _closed(request, token)
    form = SetupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "theme": theme_of(request)}
        return render(request, "account/setup.html", context)
    user = _made(form, token)
    if user is None:
        return _closed(request, token)
    answer: HttpResponse = perform_password_login(
        request,
        {"username": user.get_username()},
        Login(user=user, redirect_url=address("connect")),
    )
    remember_device(answer, user.get_username())
    return answer


def _made(form: SetupForm, token: str) -> User | None:
    """The first user, and the link is spent; None when somebody else was faster."""
    with advisory_lock("make the first user"):
        if not first_user.is_valid(token):
            return None
        user = form.save()
        name = user.get_username()
        after = {**described(user), "why": "set-up"}
        note(ActKind.PERSON, by=name, name=name, about=user.pk, after=after)
    first_user.consume()
    return user


def _closed(request: HttpRequest, token: str) -> HttpResponse:
    if first_user.somebody_exists():
        title, text = "Passline is set up already", SET_UP_ALREADY
        return _message(request, title, text, status=403, has_log_in=True)
    if token:
        return _message(request, "This link does not work", WRONG_LINK, status=403)
    return _message(request, "Create the first user", NO_USER_YET, status=403)


def _message(
    request: HttpRequest,
    title: str,
    text: str,
    *,
    status: int,
    has_log_in: bool = False,
) -> HttpResponse:
    context = {"title": title, "text": text, "has_log_in": has_log_in}
    context["theme"] = theme_of(request)
    return render(request, "account/message.html", context, status=status)
