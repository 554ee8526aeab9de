"""What was done about people and what they own, told as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dashboard.ui.text.numbers import plural
from dashboard.ui.text.told_acts import IT, Said, Sentence, ToldAct, joined, plain


def _sign_in(act: ToldAct) -> tuple[str, str]:
    return "signed in", _told(act.after)


def _sign_in_failed(act: ToldAct) -> tuple[str, str]:
    return f"could not sign in as {IT}", _told(act.after)


def _lock_out(act: ToldAct) -> tuple[str, str]:
    return f"made too many tries to sign in as {IT}, which were not looked at", _told(
        act.after
    )


def _sign_out(act: ToldAct) -> tuple[str, str]:
    return "signed out", _told(act.after)


def _password(act: ToldAct) -> tuple[str, str]:
    if "link" in act.after:
        return f"made a link to set a password for {IT}", ""
    return f"changed the password of {IT}", _told(act.after)


# By what is said of a second factor: (it was added, it was taken away).
_FACTORS = {
    "totp": ("switched two-factor on for", "switched two-factor off for"),
    "recovery_codes": ("made recovery codes for", "took the recovery codes away from"),
}


def _second_factor(act: ToldAct) -> tuple[str, str]:
    said = act.after or act.before
    if where := said.get("connected"):
        did = "connected" if act.after else "disconnected"
        joint = "to" if act.after else "from"
        return f"{did} {IT} {joint} {where}", ""
    if act.after.get("new"):
        return f"made new recovery codes for {IT}", ""
    added, gone = _FACTORS.get(str(said.get("on")), _FACTORS["totp"])
    return f"{added if act.after else gone} {IT}", ""


def _person(act: ToldAct) -> tuple[str, str]:
    """What the provider's word was not allowed to change is an act, too."""
    if kept := act.after.get("kept"):
        return f"left {IT} with {kept}", act.short(str(act.after.get("why", "")))
    return _made_person(act)


def _invitation(act: ToldAct) -> tuple[str, str]:
    if act.after.get("used by"):
        return f"came by the invitation {IT}", ""
    return _made_invitation(act)


def _thing(what: str, made: str = "made", gone: str = "deleted") -> Sentence:
    """Of whatever is made, changed and gone, with what of it changed."""

    def sentence(act: ToldAct) -> tuple[str, str]:
        if not act.before:
            return f"{made} {what}{IT}", act.short(_told(act.after))
        if not act.after:
            return f"{gone} {what}{IT}", act.short(_told(act.before))
        return f"changed {what}{IT}", act.short(_changes(act.before, act.after))

    return sentence


_made_person = _thing("", "made the person")
_made_invitation = _thing("the invitation ", "made", "took back")


def _link(what: str) -> Sentence:
    """Of what strangers may see: of which rows, of when, until when."""

    def sentence(act: ToldAct) -> tuple[str, str]:
        did, said = ("made", act.after) if act.after else ("revoked", act.before)
        until = said.get("until")
        ends = act.moment(datetime.fromisoformat(until)) if until else "it is revoked"
        told = (
            plural(len(said.get("projects", ())), "project"),
            f"filters {act.quoted(said['filters'])}" if said.get("filters") else "",
            "fixed to its moment" if said.get("is_pinned") else "always current",
            f"until {ends}",
        )
        return f"{did} {what}{IT}", joined(told)

    return sentence


def _site_admin(act: ToldAct) -> tuple[str, str]:
    return f"{act.after.get('did', 'changed')} {IT} in the site administration", (
        act.short(str(act.after.get("what", "")))
    )


def _told(said: Said) -> str:
    """ "role viewer; teams Web, Mobile"."""
    return joined(f"{name} {_or_none(value)}" for name, value in said.items() if value)


def _changes(before: Said, after: Said) -> str:
    """ "role viewer → editor"."""
    names = [*before, *(name for name in after if name not in before)]
    return joined(
        f"{name} {_or_none(before.get(name))} → {_or_none(after.get(name))}"
        for name in names
        if before.get(name) != after.get(name)
    )


def _or_none(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return plain(value) if value else "none"


ABOUT_PEOPLE: Mapping[str, Sentence] = {
    "sign_in": _sign_in,
    "sign_in_failed": _sign_in_failed,
    "lock_out": _lock_out,
    "sign_out": _sign_out,
    "password": _password,
    "second_factor": _second_factor,
    "person": _person,
    "team": _thing("the team "),
    "visibility": _thing("who sees ", "chose", "opened"),
    "invitation": _invitation,
    "token": _thing("", "made", "revoked"),
    "connection": _thing("the connection "),
    "project": _thing("the project "),
    "share": _link("the share link "),
    "embed": _link("the embedded picture "),
    "digest": _thing("the digest "),
    "site_admin": _site_admin,
}
