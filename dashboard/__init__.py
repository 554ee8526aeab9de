"""Passline's Django project and everything that people see; it only reads results."""

import sys

# The client of Redis would load OpenTelemetry's metrics, which nobody here asks for: a tenth
# of a second or more for each process, traced or not. What is None cannot be imported.
sys.modules.setdefault("opentelemetry.sdk.metrics", None)  # type: ignore[arg-type]
