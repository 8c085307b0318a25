"""Messages in JSON under the many names that lists, speakers and texts go by.

The list is ``dialog``, ``dialogue``, ``conversation``, ``turns``, ``utterances``, ``segments`` (also in the plural), or
``messages`` and ``conversations`` with other keys within than OpenAI's and ShareGPT's, or the whole source is a list of
messages (or a list a line). Who speaks is ``role``, ``speaker``, ``from``, ``author`` or ``name``; what is said is
``content``, ``text``, ``value``, ``utterance`` or ``message``. The first sound message tells which of these hold for
its source. A record without them is broken.

Speakers are never merged: a message is a turn. Where all messages have one role and names differ, the name speaks.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from schemas.chat_json import ChatKeys
from schemas.format import Format, Parsed
from schemas.json_records import CONTENTS, SPEAKERS, claim, keys_of
from schemas.roster import Roster

_LIST_A_LINE: Final = r"(?m)^[ \t]*(\[.*\])[ \t]*$"


def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
    """Read messages under whatever keys tell them; see `schemas.format.Format`."""
    claimed, refusals = claim(sources, "role_content", "has no list of messages with a speaker and a text each")
    if claimed.is_empty():
        return Parsed(refusals=refusals)
    shapes = [
        (told, keys_of(keys, SPEAKERS) or "", keys_of(keys, CONTENTS) or "")
        for told, keys in claimed.select("told", "keys").iter_rows()
    ]
    told = pl.DataFrame(shapes, schema={"list": pl.String, "speaker": pl.String, "content": pl.String}, orient="row")
    claimed = pl.concat([claimed.select("source_key", "path", "text"), told], how="horizontal")
    parts = [
        _read(part, str(speaker), str(content), None if key is None else str(key))
        for (key, speaker, content), part in claimed.group_by("list", "speaker", "content", maintain_order=True)
    ]
    return Parsed.joined([Parsed(refusals=refusals), *parts])


def _read(sources: pl.DataFrame, speaker: str, content: str, key: str | None) -> Parsed:
    names = tuple(name for name in ("name", "ai_name") if name != speaker)
    if key is None:
        key, sources = "messages", sources.with_columns(text=_listed(sources))
    return ChatKeys(messages=key, speaker=speaker, text=content, names=names).read(sources, Parsed().refusals)


def _listed(sources: pl.DataFrame) -> pl.Series:
    """Bare lists as records with the list under a key, without moving a line."""
    lines = pl.col("text").str.strip_chars()
    several = (lines.str.count_matches("\n", literal=True) > 0) & (
        lines.str.count_matches(_LIST_A_LINE) * 2 > lines.str.count_matches("\n", literal=True)
    )
    each = pl.col("text").str.replace_all(_LIST_A_LINE, '{"messages": $1}')
    whole = pl.concat_str(pl.lit('{"messages": '), "text", pl.lit("}"))
    return sources.select(text=pl.when(several).then(each).otherwise(whole))["text"]


FORMAT = Format(
    name="role_content",
    brief='JSON or JSON lines with "turns", "dialogue" …, each with a speaker and a text by any usual key',
    parse=parse,
    lines_within=False,
    json=True,
)
