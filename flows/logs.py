"""What the service tells of its work: a line an event on standard error, with codes, names and counts; never text."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime

from reports.visible import visible_line


def log(event: str, **facts: object) -> None:
    """Write one line: the time, the event's code, and facts about it.

    Lines are for people, or objects in JSON if the setting `log` says so.
    """
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    if os.environ.get("TURNPROOF_LOG") == "json":
        line = json.dumps({"time": now, "event": event, **facts}, default=str)
    else:
        line = " ".join([now, event, *(f"{name}={_quoted(value)}" for name, value in facts.items())])
    # One write a line: several processes share the stream.
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def _quoted(value: object) -> str:
    text = visible_line(str(value))
    return json.dumps(text, ensure_ascii=False) if not text or set(text) & set(' "=') else text
