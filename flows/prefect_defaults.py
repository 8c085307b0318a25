"""Prefect as we want it where nobody said otherwise: offline, quiet, patient."""

from __future__ import annotations

import logging
import os
from typing import Final

DEFAULTS: Final = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    # On a new database the embedded server takes 19 to 25 s; Prefect's own limit is 20 s.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    # What goes wrong reaches the person as one sentence, or as the exception itself; not as a log of it as well.
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    # Results are a few counts; they are returned, not kept.
    "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
}


WORKERS: Final = ("EventsWorker", "APILogWorker")
"""Prefect's own threads, whose loggers are not under its name: at the end they warn of what they are still sending."""


def apply() -> None:
    """Set what nobody has set. Prefect reads its environment once, so this comes before it is imported."""
    for name, value in DEFAULTS.items():
        os.environ.setdefault(name, value)
    for worker in WORKERS:
        logging.getLogger(worker).setLevel(logging.ERROR)
