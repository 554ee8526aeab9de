"""Runs a Python module as a child of `serve` that never outlives it.

    python -m dashboard.embedded.child celery --app=dashboard worker

The module runs in this very process, so that signals reach it without a middleman.
"""

from __future__ import annotations

import runpy
import sys
import warnings

from dashboard.embedded.lifeline import die_with_parent, watch_parent


def main() -> None:
    die_with_parent()
    watch_parent()
    # As root everything but PostgreSQL runs as root; whoever does that knows it.
    warnings.filterwarnings("ignore", message="You're running the worker with super")
    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
