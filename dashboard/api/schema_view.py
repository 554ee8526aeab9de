"""The API's schema, as it is answered."""

from __future__ import annotations

from typing import Any

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from dashboard.api.access import ReadOrWrite


class Json(OpenApiJsonRenderer):
    """Indented where the client asks for it, which makes it three times as long."""

    def get_indent(self, accepted_media_type: str, renderer_context: Any) -> int | None:
        return super(OpenApiJsonRenderer, self).get_indent(
            accepted_media_type, renderer_context
        )


class Schema(SpectacularAPIView):
    """OpenAPI, as JSON unless Accept asks for YAML."""

    renderer_classes = [Json, OpenApiYamlRenderer]
    content_negotiation_class = DefaultContentNegotiation
    permission_classes = [ReadOrWrite]
