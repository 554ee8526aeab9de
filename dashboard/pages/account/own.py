"""What people change of themselves: name, password, sessions, tokens."""

from __future__ import annotations

from datetime import timedelta

from allauth.account.internal.flows.reauthentication import (
    did_recently_reauthenticate,
    get_reauthentication_flows,
)
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import (
    sensitive_post_parameters,
    sensitive_variables,
)
from django.views.decorators.http import require_POST, require_safe

from dashboard.access import for_the_signed_in
from dashboard.addresses import address
from dashboard.annotations.audit_log import note
from dashboard.ids import id_of
from dashboard.lists.sign_in import session_of
from dashboard.lists.tokens import token_of
from dashboard.models import ActKind, Scope
from dashboard.pages.account.own_page import account_page
from dashboard.people.errors import CannotChange
from dashboard.people.persons import PersonChange, change_person
from dashboard.people.teams import ids_of, projects_with
from dashboard.people.tokens import issue_token, revoke_token, what_it_lacks
from dashboard.people.ways_in import (
    disconnect_provider,
    end_other_sessions,
    remember_session,
)
from dashboard.sign_in.second_factor import WRONG_PASSWORD, too_many
from dashboard.throttle import Guess
from dashboard.ui.answering import answer
from dashboard.ui.sidebar import SidebarCounts

LONGEST_TOKEN_DAYS = 3650
CONFIRM_FIRST = "You confirmed that it is you. Now save the new address."
ONLY_WAY_IN = "You have no password, so this is your only way in. Ask for a link first."


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


@sensitive_variables("token")
def _page(
    request: HttpRequest,
    *,
    token: str = "",
    lacks: tuple[str, ...] = (),
    problems: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    page = account_page(
        request, _user(request), token=token, lacks=lacks, problems=problems
    )
    return answer(
        request,
        "account/account.html",
        page,
        current="account",
        counts=SidebarCounts(),
        status=status,
    )


@never_cache
@require_safe
@for_the_signed_in
def account(request: HttpRequest) -> HttpResponse:
    return _page(request)


@never_cache
@require_POST
@for_the_signed_in
def profile(request: HttpRequest) -> HttpResponse:
    user, email = _user(request), request.POST.get("email", "")
    if email.strip() != user.email and _must_confirm(request):
        # Links for new passwords go there.
        messages.warning(request, CONFIRM_FIRST)
        return redirect(
            f"{address('account_reauthenticate')}?next={address('account')}"
        )
    change = PersonChange(
        email=email,
        full_name=request.POST.get("full_name", ""),
    )
    try:
        change_person(user.pk, change, by=user.username)
    except CannotChange as error:
        return _page(request, problems={"profile": error.sentence}, status=422)
    messages.success(request, "Your profile is saved.")
    return redirect("account")


def _must_confirm(request: HttpRequest) -> bool:
    """Whether there is something to ask for, and it was not asked for lately."""
    can_be_asked = bool(get_reauthentication_flows(_user(request)))
    return can_be_asked and not did_recently_reauthenticate(request)


@never_cache
@sensitive_post_parameters()
@require_POST
@for_the_signed_in
def password(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if not user.has_usable_password():
        raise Http404
    guess = Guess.of(user.username, request)
    if wait_s := guess.wait_s():
        problems = {"password": too_many(wait_s)}
        refused = _page(request, problems=problems, status=429)
        refused.headers["Retry-After"] = str(wait_s)
        return refused
    problem = _problem_of_password(request, user, guess)
    if problem:
        return _page(request, problems={"password": problem}, status=422)
    user.set_password(request.POST["new"])
    user.save(update_fields=["password"])
    update_session_auth_hash(request, user)
    remember_session(request)
    name, after = user.username, {"changed": "by its owner"}
    note(ActKind.PASSWORD, by=name, name=name, about=user.pk, after=after)
    messages.success(request, "Your password is changed, and other sessions ended.")
    return redirect("account")


@sensitive_variables()
def _problem_of_password(request: HttpRequest, user: User, guess: Guess) -> str:
    if not user.check_password(request.POST.get("old", "")):
        return WRONG_PASSWORD
    guess.was_right()
    new = request.POST.get("new", "")
    if new != request.POST.get("again", ""):
        return "The new password and its repetition differ."
    try:
        validate_password(new, user)
    except ValidationError as error:
        return " ".join(error.messages)
    return ""


@never_cache
@require_POST
@for_the_signed_in
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    row = session_of(session_id, _user(request))
    if row is None:
        raise Http404
    row.end()
    messages.success(request, "That session has ended.")
    return redirect("account")


@never_cache
@require_POST
@for_the_signed_in
def end_others(request: HttpRequest) -> HttpResponse:
    end_other_sessions(_user(request), request.session.session_key)
    messages.success(request, "All your other sessions have ended.")
    return redirect("account")


@never_cache
@require_POST
@for_the_signed_in
def disconnect(request: HttpRequest) -> HttpResponse:
    user = _user(request)
    if not user.has_usable_password():
        return _page(request, problems={"openid": ONLY_WAY_IN}, status=422)
    if disconnect_provider(user, by=user.username):
        messages.success(request, "You sign in with your password alone now.")
    return redirect("account")


@never_cache
@require_POST
@for_the_signed_in
@sensitive_variables("text")
def make_token(request: HttpRequest) -> HttpResponse:
    """Shown in the answer itself, which nothing keeps: there is no second look at it."""
    user = _user(request)
    try:
        scopes, days = _asked(request)
        projects = projects_with(ids_of(request.POST.getlist("project")))
    except CannotChange as error:
        return _page(request, problems={"tokens": error.sentence}, status=422)
    expires_at = timezone.now() + timedelta(days=days) if days else None
    _, text = issue_token(
        user,
        by=user.username,
        scopes=scopes,
        projects=projects,
        expires_at=expires_at,
    )
    lacks = tuple(what_it_lacks(user, scopes, projects))
    return _page(request, token=text, lacks=lacks)


def _asked(request: HttpRequest) -> tuple[set[Scope], int]:
    """The scopes, and for how many days; 0 for ever."""
    named, known = request.POST.getlist("scope"), {str(scope) for scope in Scope}
    if not named or not known.issuperset(named):
        raise CannotChange("Choose what the token may do.")
    days = id_of(request.POST.get("days", "") or "0")
    if days is None or days > LONGEST_TOKEN_DAYS:
        raise CannotChange(f"A token holds {LONGEST_TOKEN_DAYS} days at most.")
    return {Scope(name) for name in named}, days


@never_cache
@require_POST
@for_the_signed_in
def revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """One's own, or as an administrator anybody's."""
    user = _user(request)
    token = token_of(token_id, None if user.is_superuser else user.pk)
    if token is None:
        raise Http404
    if revoke_token(token, by=user.username):
        messages.success(request, "The token is revoked.")
    return redirect("account" if token.user_id == user.pk else "people-tokens")
