"""Messages in JSON under the many names that lists, speakers and texts go by.

The list is ``dialog``, ``dialogue``, ``conversation``, ``turns``, ``utterances``, ``segments`` (also in the plural), or
``messages`` and ``conversations`` with other keys within than OpenAI's and ShareGPT's, or it has no key: a list a line,
or within another. Who speaks is ``role``, ``speaker``, ``from``, ``author`` or ``name``; what is said is ``content``,
``text``, ``value``, ``utterance`` or ``message``; case makes no difference. The first sound message tells which of
these hold for its source. A record without them is broken.

Records may also be messages, one a line or the items of an array: those that name one conversation
(``conversation_id``, ``session_id`` …) are a transcript, and so are all of a source where none is named.

Speakers are never merged: a message is a turn. Where all messages have one role and names differ, the name speaks.
"""

from __future__ import annotations

from typing import Final

from schemas.chat_json import chats
from schemas.format import Format

_REASON: Final = "has no list of messages with a speaker and a text each"

FORMAT = Format(
    name="role_content",
    brief='JSON or JSON lines with "turns", "dialogue" …, each with a speaker and a text by any usual key',
    parse=chats("role_content", _REASON),
    forced=chats("role_content", _REASON, forced=True),
    lines_within=False,
    json=True,
)
