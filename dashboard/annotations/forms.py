"""What a person may say of a case, checked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils import timezone

from dashboard.annotations.audit_log import based_on
from ingest.origins import web_link

LONGEST_MUTE_DAYS = 366
_is_web_address = URLValidator(
    schemes=["http", "https"],
    message="Give a whole address that begins with http:// or https://.",
)


def _is_issue_link(address: str) -> None:
    _is_web_address(address)
    if not web_link(address):
        raise ValidationError("Give an address without a name or a password in it.")


class _BasedForm(forms.Form):
    """A form that shows what it replaces, and knows the newest act that it was of."""

    expected_version = forms.CharField(required=False, widget=forms.HiddenInput())

    def clean_expected_version(self) -> int | None:
        return based_on(self.cleaned_data["expected_version"])


class NoteForm(_BasedForm):
    """Owner, issue and text; all of them empty takes the note away."""

    owner = forms.CharField(label="Owner", max_length=200, required=False)
    issue_url = forms.CharField(
        label="Issue link",
        max_length=2000,
        required=False,
        validators=[_is_issue_link],
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false"}),
    )
    text = forms.CharField(
        label="Note",
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MuteForm(_BasedForm):
    """A day to come, at the beginning of which the mute is over, and why."""

    until = forms.DateField(
        label="Muted until",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"required": "Say until which day."},
    )
    reason = forms.CharField(
        label="Reason",
        max_length=500,
        error_messages={"required": "Say why, for those who wonder later."},
    )

    def clean_until(self) -> datetime:
        """The beginning of that day where the reader is."""
        day: date = self.cleaned_data["until"]
        today = timezone.localdate()
        if day <= today:
            raise ValidationError("Choose a day to come.")
        if day > today + timedelta(days=LONGEST_MUTE_DAYS):
            raise ValidationError("Choose a day within a year: a mute is no deletion.")
        return datetime.combine(day, time(), timezone.get_current_timezone())


def note_form(data: Any = None, **initial: Any) -> NoteForm:
    return NoteForm(data, initial=initial, auto_id="note-%s")


def mute_form(data: Any = None, **initial: Any) -> MuteForm:
    return MuteForm(data, initial=initial, auto_id="mute-%s")
