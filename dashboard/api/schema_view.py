"""The API's schema, as it is answered."""

from __future__ import annotations

from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from dashboard.api.access import ReadOrWrite


class Schema(SpectacularAPIView):
    """OpenAPI, as JSON unless Accept asks for YAML."""

    renderer_classes = [OpenApiJsonRenderer, OpenApiYamlRenderer]
    content_negotiation_class = DefaultContentNegotiation
    permission_classes = [ReadOrWrite]
