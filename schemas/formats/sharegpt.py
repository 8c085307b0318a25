"""ShareGPT's records: ``{"conversations": [{"from": …, "value": …}]}``, in JSON lines or one JSON document."""

from __future__ import annotations

from schemas.chat_json import ChatKeys
from schemas.format import Format

FORMAT = Format(
    name="sharegpt",
    brief='JSON or JSON lines with "conversations", each with "from" and "value"',
    parse=ChatKeys(messages="conversations", speaker="from", text="value").parse,
    lines_within=False,
    json=True,
)
