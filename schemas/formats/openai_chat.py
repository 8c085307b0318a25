"""OpenAI's chat records: ``{"messages": [{"role": …, "content": …}]}``, in JSON lines or one JSON document.

``content`` is a string, null (read as nothing said), or a list of parts, of which the text parts are joined.
"""

from __future__ import annotations

from schemas.chat_json import ChatKeys
from schemas.format import Format

FORMAT = Format(
    name="openai_chat",
    brief='JSON or JSON lines with "messages", each with "role" and "content"',
    parse=ChatKeys(messages="messages", speaker="role", text="content").parse,
    lines_within=False,
    json=True,
)
