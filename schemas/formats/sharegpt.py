"""ShareGPT's records: ``{"conversations": [{"from": …, "value": …}]}``, in JSON lines or one JSON document.

The lists may also stand alone: one a line, a list of lists, or as a single conversation. A prompt beside the
conversation, under ``system``, is the first turn.
"""

from __future__ import annotations

from typing import Final

from schemas.chat_json import chats
from schemas.format import Format

_REASON: Final = 'has no list "conversations", each with "from" and "value"'

FORMAT = Format(
    name="sharegpt",
    brief='JSON or JSON lines with "conversations", each with "from" and "value"',
    parse=chats("sharegpt", _REASON),
    forced=chats("sharegpt", _REASON, forced=True),
    lines_within=False,
    json=True,
)
