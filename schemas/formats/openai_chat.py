"""OpenAI's chat records: ``{"messages": [{"role": …, "content": …}]}``, in JSON lines or one JSON document.

They may stand deeper: several sessions in one object, by number or by id, are each a transcript, and one among them
that is none is broken. ``content`` is a string, null (read as nothing said), or a list of parts, of which the texts are
joined; a text may be the ``value`` of an object, as in threads. A ``refusal`` that stands in place of a content is what
was said. A prompt beside the messages, under ``system``, is the first turn.
"""

from __future__ import annotations

from typing import Final

from schemas.chat_json import chats
from schemas.format import Format

_REASON: Final = 'has no list "messages", each with "role" and "content"'

FORMAT = Format(
    name="openai_chat",
    brief='JSON or JSON lines with "messages", each with "role" and "content"',
    parse=chats("openai_chat", _REASON),
    forced=chats("openai_chat", _REASON, forced=True),
    lines_within=False,
    json=True,
)
