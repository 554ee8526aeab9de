"""What happens here that others may want to count; it is sent whether anybody listens.

`results_appended`: `number` results were pushed and are stored. `sync_ended`: `sync` is that
of a whole connection, with its status and its sums.
"""

from __future__ import annotations

from django.dispatch import Signal

results_appended = Signal()
sync_ended = Signal()
