"""What people decide and own, apart from the facts."""

from dashboard.models.annotations import (
    CaseGroup,
    CaseNote,
    ConfigurationChoice,
    GroupedCase,
    MilestonePlacement,
    Mute,
    OtherCase,
    ProjectChoice,
    RunJudgement,
    Verdict,
)
from dashboard.models.audit_log import Act, ActKind
from dashboard.models.changes import ChangeCount
from dashboard.models.digests import (
    Cause,
    Channel,
    ChannelKind,
    Delivery,
    DeliveryState,
    Every,
    Incident,
    Subscription,
)
from dashboard.models.embeds import Embed, EmbedKind
from dashboard.models.figures import MilestoneFigure, StandardFigure
from dashboard.models.guesses import GuessCount
from dashboard.models.invitations import Invitation
from dashboard.models.people import (
    Profile,
    Team,
    role_of,
    set_role,
)
from dashboard.models.saved_views import DefaultScope, SavedView
from dashboard.models.schedule import ScheduledTask
from dashboard.models.shares import Share
from dashboard.models.tokens import (
    WRITING,
    ApiToken,
    Scope,
    password_stamp,
    token_hash,
)

__all__ = [
    "WRITING",
    "Act",
    "ActKind",
    "ApiToken",
    "CaseGroup",
    "CaseNote",
    "Cause",
    "ChangeCount",
    "Channel",
    "ChannelKind",
    "ConfigurationChoice",
    "Embed",
    "EmbedKind",
    "DefaultScope",
    "Delivery",
    "DeliveryState",
    "Every",
    "GroupedCase",
    "GuessCount",
    "Incident",
    "Invitation",
    "MilestoneFigure",
    "MilestonePlacement",
    "Mute",
    "OtherCase",
    "Profile",
    "ProjectChoice",
    "RunJudgement",
    "SavedView",
    "ScheduledTask",
    "Scope",
    "Share",
    "StandardFigure",
    "Subscription",
    "Team",
    "Verdict",
    "password_stamp",
    "role_of",
    "set_role",
    "token_hash",
]
