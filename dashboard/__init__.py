"""Passline's Django project and everything that people see; it only reads results."""

import gc
import sys

# What is loaded stays, and Python would look through it again and again for what may go: a
# seventh of the time in which a command begins.
gc.set_threshold(20_000, 20, 20)

# The client of Redis would load OpenTelemetry's metrics, which nobody here asks for: a tenth
# of a second or more for each process, traced or not. What is None cannot be imported.
sys.modules.setdefault("opentelemetry.sdk.metrics", None)  # type: ignore[arg-type]
