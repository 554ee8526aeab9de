"""Every route of Passline."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, reverse_lazy
from django.utils.text import format_lazy
from django.views.generic import RedirectView

from dashboard.health import healthz
from dashboard.operations.readiness import readyz
from dashboard.operations.telemetry.serving import metrics
from dashboard.pages.account.views import admin_log_in

# Who leaves the admin is told so by the same page.
admin.site.logout_template = "account/logged_out.html"

_OWN_PASSWORD = format_lazy("{}#password", reverse_lazy("account"))

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("admin/login/", admin_log_in),
    # One's password is changed in one place, which counts guesses at the old one.
    path("admin/password_change/", RedirectView.as_view(url=_OWN_PASSWORD)),
    path("admin/", admin.site.urls),
    path("intake/testmo/", include("dashboard.intake.testmo")),
    path("intake/testomatio/", include("dashboard.intake.testomatio")),
    path("intake/testably/", include("dashboard.intake.testably")),
    path("", include("dashboard.api_urls")),
    path("", include("dashboard.page_urls")),
]
handler400 = "dashboard.ui.error_pages.bad_request"
handler403 = "dashboard.ui.error_pages.not_allowed"
handler404 = "dashboard.ui.error_pages.not_found"
handler500 = "dashboard.ui.error_pages.broken"
