"""ShareGPT's records: ``{"conversations": [{"from": …, "value": …}]}``, in JSON lines or one JSON document.

The lists may also stand alone: one a line, a list of lists, or as a single conversation.
"""

from __future__ import annotations

from schemas.chat_json import chats
from schemas.format import Format

FORMAT = Format(
    name="sharegpt",
    brief='JSON or JSON lines with "conversations", each with "from" and "value"',
    parse=chats("sharegpt", 'has no list "conversations", each with "from" and "value"'),
    lines_within=False,
    json=True,
)
