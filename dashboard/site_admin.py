"""What Django's own admin may show, and what its changes leave in the audit log."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION, DELETION, LogEntry
from django.db.models.signals import post_save
from django.dispatch import receiver

from dashboard.annotations.audit_log import note
from dashboard.ids import id_of
from dashboard.models import ActKind

_DID = {ADDITION: "added", DELETION: "deleted"}


def only_what_is_ours() -> None:
    """People, groups and whatever a package brings are not changed there: the rule of
    the last administrator, the audit log and the second factor would not be asked.
    """
    # Of several rows at once its log sends no signal.
    admin.site.disable_action("delete_selected")
    for model in list(admin.site._registry):
        if model._meta.app_label != "ingest":
            admin.site.unregister(model)


@receiver(post_save, sender=LogEntry)
def _note(instance: LogEntry, **_: Any) -> None:
    """Each change there is an act here, too."""
    did = _DID.get(instance.action_flag, "changed")
    fields = instance.get_change_message()[:500]
    note(
        ActKind.SITE_ADMIN,
        by=instance.user.get_username(),
        name=f"{instance.content_type} {instance.object_repr}",
        about=id_of(str(instance.object_id or "")) or 0,
        after={"did": did, "what": fields},
    )
