"""Every route of Passline."""

from __future__ import annotations

from django.contrib import admin
from django.urls import path

from dashboard.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("admin/", admin.site.urls),
]
