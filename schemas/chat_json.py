"""Conversations as lists of messages in JSON, decoded as columns; the chat formats differ only in their keys."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import polars as pl

from schemas.chat_messages import ANSWERS, CALLS, plain, text_of
from schemas.columns import PARSED_ACCOUNTS, PARSED_RECORDS, PARSED_TURNS, PROBLEMS, TOOLS
from schemas.format import Parsed
from schemas.json_look import claim
from schemas.json_records import BARE, OddRecordError, loaded, other_shape, records
from schemas.roster import Roster

_ONE_PART: Final = (
    r'("(?:content|value|text|utterance|message)"\s*:\s*)'
    r'\[\s*\{\s*"type"\s*:\s*"text"\s*,\s*"text"\s*:\s*("(?:[^"\\]|\\.)*")\s*\}\s*\]'
)
"""A text given as a list of one text part. No string can hold it: a quote within a string is written ``\\"``."""

_SURROGATE: Final = r"\\u[dD][89a-fA-F]"
_PAIR: Final = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
"""Half a character, and a whole one, as JSON escapes them. Polars makes NULs of halves that stand alone."""

_TOOL: Final = (
    r'"(?:tool_calls"\s*:\s*\[\s*\{|function_call"\s*:\s*\{|tool_call_id"\s*:\s*"|type"\s*:\s*"tool_(?:use|result)")'
    r'|:\s*"(?i:function|function_call|observation|tool|tool_call|tool_response|tool_result)"'
)
"""What only a message that has to do with a tool holds. No text can."""

_REFUSAL: Final = r'"refusal"\s*:\s*"'
"""What only a message holds in which the assistant refuses, in place of its content. No text can."""

_SYSTEM: Final = r'"system"\s*:\s*(?:"[^"]|\[)'
"""What a record with a prompt beside its messages holds."""

_PROMPTED: Final = (("messages", "role"), ("conversations", "from"), ("conversation", "from"))
"""The keys of list and speaker beside which "system" is that prompt; beside others it may name what spoke."""

_HINT: Final = r'"(?:tool|function|observation"|refusal")|\\u[dD][89a-fA-F]'
"""What nearly no record holds, and every one does that may be no plain column; one search in place of many."""

_TOOLS: Final = {CALLS: pl.List(pl.String), ANSWERS: pl.List(pl.String)}


def chats(name: str, reason: str, *, forced: bool = False) -> Callable[[pl.DataFrame, Roster], Parsed]:
    """The `parse` of a chat format: it claims by `schemas.json_look`, and reads each source by the keys found there.

    Where it is `forced`, it claims all messages with a speaker and a text, by whatever keys.
    """

    def parse(sources: pl.DataFrame, _roster: Roster) -> Parsed:
        claimed, refusals = claim(sources, name, reason, messages=forced)
        keys = ("told", "speaker", "content", "layout")
        shapes = pl.DataFrame([claimed[key] for key in keys]).unique()
        # An only group is the frame itself: to part a frame copies a text that is alone.
        groups = [(shapes.row(0), claimed)] if len(shapes) == 1 else claimed.group_by(keys, maintain_order=True)
        parts = [
            ChatKeys(name, str(told or BARE), str(speaker), str(content), str(layout)).read(part)
            for (told, speaker, content, layout), part in groups
        ]
        return Parsed.joined([Parsed(refusals=refusals), *parts])

    return parse


@dataclass(frozen=True)
class ChatKeys:
    """How the sources of a chat format name their parts: the list of messages, and in a message its speaker and text.

    Where every message but the system's has the same speaker, as when two agents are both ``assistant``, and each has a
    name, the names are the speakers.
    """

    format: str
    messages: str
    speaker: str
    text: str
    layout: str

    @property
    def names(self) -> tuple[str, ...]:
        """The keys of names that may tell speakers apart."""
        return tuple(name for name in ("name", "ai_name") if name not in (self.speaker, self.text))

    def read(self, claimed: pl.DataFrame) -> Parsed:
        """Read claimed sources."""
        found = records(claimed, self.messages, self.layout)
        parsed = self._assemble(self._decode(found))
        may_be = (self.messages.lower(), self.speaker.lower()) in _PROMPTED and self.layout != "rows"
        return _prompted(parsed, found) if may_be else parsed

    def _decode(self, records: pl.DataFrame) -> pl.DataFrame:
        """Add ``messages``, a list of structs; it is null, and ``trouble`` says why, where there is no conversation."""
        texts = (self.speaker, self.text, *self.names)
        message: dict[str, pl.DataType] = {**dict.fromkeys(texts, pl.String()), **_TOOLS}
        shape = pl.Struct({self.messages: pl.List(pl.Struct(message))})
        decoded = pl.col("json").str.json_decode(shape).struct.field(self.messages).alias("messages")
        one_part = pl.col("json").str.replace_all(_ONE_PART, "$1$2")
        typed = pl.col("json").str.contains('"type"', literal=True)
        records = records.with_columns(json=pl.when(typed).then(one_part).otherwise("json"))
        odd = _odd(records["json"])
        records = self._regular(records.with_columns(kind=pl.lit("broken")), odd)
        try:
            found = records.with_columns(decoded)
        except (pl.exceptions.ComputeError, pl.exceptions.ShapeError):
            # One odd record fails the whole column, or changes its length where it ends in a text. Those made regular
            # before have lost what makes tools known.
            found = self._regular(records, ~odd & records["json"].is_not_null()).with_columns(decoded)
        nameless = pl.element().struct.field(self.speaker).is_null().any()
        silent = pl.col("messages").is_null() | pl.col("messages").list.eval(nameless).list.first()
        strange = found.select(silent.fill_null(False) & pl.col("trouble").is_null()).to_series()
        return self._regular(found, strange).with_columns(decoded) if strange.any() else found

    def _regular(self, records: pl.DataFrame, mask: pl.Series) -> pl.DataFrame:
        """Records with those in the mask as plain as the others, or with what is wrong with them."""
        if not mask.any():
            return records
        each = [
            self._one_regular(text) if odd else (text, None, None)
            for text, odd in zip(records["json"], mask, strict=True)
        ]
        regular = pl.DataFrame(each, schema=dict.fromkeys(("json", "found", "kinds"), pl.String), orient="row")
        return records.with_columns(
            regular["json"],
            trouble=pl.coalesce("trouble", regular["found"]),
            kind=pl.coalesce(regular["kinds"], "kind"),
        )

    def _name(self) -> pl.Expr:
        fields = [pl.col("messages").struct.field(name) for name in self.names]
        return pl.coalesce(*fields) if fields else pl.lit(None, pl.String)

    def _one_regular(self, text: str | None) -> tuple[str | None, str | None, str | None]:
        """A record with nothing but plain messages, or what is wrong with it, and the kind of problem."""
        if text is None:
            return None, None, None
        record, trouble = loaded(text)
        if trouble is not None:
            return None, trouble, None
        messages = cast("dict[str, Any]", record).get(self.messages) if isinstance(record, dict) else None
        try:
            if not isinstance(messages, list):
                raise other_shape(cast("object", record), self.format) or OddRecordError(
                    f'has no list "{self.messages}"'
                )
            each = [
                plain(place, message, self.speaker, self.text, self.names)
                for place, message in enumerate(cast("list[object]", messages))
            ]
        except OddRecordError as error:
            return None, str(error), error.kind
        return json.dumps({self.messages: each}), None, None

    def _assemble(self, records: pl.DataFrame) -> Parsed:
        broken = pl.col("trouble").is_not_null()
        messages = records.filter(~broken).select(
            "source_key", "record", "line", "lines", "messages", count=pl.col("messages").list.len()
        )
        content = pl.element().struct.field(self.text).str.len_chars()
        expected = (
            messages.with_columns(expected=pl.col("messages").list.eval(content).list.sum())
            .group_by("source_key")
            .agg(pl.col("expected").sum())
        )
        turns = (
            messages.with_columns(
                lines=pl.when(pl.col("lines").list.len() == pl.col("count"))
                .then("lines")
                .otherwise(pl.col("line").repeat_by("count"))
            )
            .filter(pl.col("count") > 0)
            .explode("messages", "lines")
            .with_columns(speaker=pl.col("messages").struct.field(self.speaker).fill_null(""), name=self._name())
        )
        turns, renamed = _named(turns)
        turns = turns.select(
            "source_key",
            "record",
            "speaker",
            text=pl.col("messages").struct.field(self.text).fill_null(""),
            line="lines",
            start=pl.lit(None),
            end=pl.lit(None),
            calls=pl.col("messages").struct.field(CALLS),
            answers=pl.col("messages").struct.field(ANSWERS),
        ).cast(pl.Schema({**PARSED_TURNS, **TOOLS}))
        in_turns = turns.group_by("source_key").agg(in_turns=pl.col("text").str.len_chars().sum())
        accounts = (
            records.select(pl.col("source_key").unique(maintain_order=True))
            .join(expected, on="source_key", how="left", maintain_order="left")
            .join(in_turns, on="source_key", how="left", maintain_order="left")
            .select("source_key", pl.col("expected").fill_null(0), pl.col("in_turns").fill_null(0), elsewhere=pl.lit(0))
        )
        told = (
            pl.when(pl.col("record").is_null())
            .then("trouble")
            .otherwise(pl.format("record {} {}", "record", "trouble"))
        )
        problems = records.filter(broken).select("source_key", "record", "line", "kind", detail=told)
        return Parsed(
            turns=turns,
            records=records.select(PARSED_RECORDS.names()).filter(pl.col("record").is_not_null()).cast(PARSED_RECORDS),
            accounts=accounts.cast(PARSED_ACCOUNTS),
            problems=pl.concat([problems.cast(PROBLEMS), renamed]),
        )


def _named(turns: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Turns with their name as their speaker in records where only names tell the speakers apart; and these, told."""
    if turns["name"].null_count() == len(turns):
        return turns, pl.DataFrame(schema=PROBLEMS)
    agent = pl.col("speaker") != "system"
    told = (
        turns.filter(agent)
        .group_by("source_key", "record", maintain_order=True)
        .agg(
            pl.col("line").first(),
            role=pl.col("speaker").first(),
            speakers=pl.col("speaker").n_unique(),
            names=pl.col("name").n_unique(),
            nameless=pl.col("name").null_count(),
        )
        .filter((pl.col("speakers") == 1) & (pl.col("names") > 1) & (pl.col("nameless") == 0))
    )
    renamed = told.select(
        "source_key",
        "record",
        "line",
        kind=pl.lit("renamed"),
        detail=pl.format('record {} has one role only, "{}"; the names were taken for speakers', "record", "role"),
    )
    by_name = told.select("source_key", "record", by_name=True)
    turns = turns.join(by_name, on=["source_key", "record"], how="left", maintain_order="left").with_columns(
        speaker=pl.when(agent & pl.col("by_name")).then("name").otherwise("speaker")
    )
    return turns, renamed.cast(PROBLEMS)


def _prompted(parsed: Parsed, records: pl.DataFrame) -> Parsed:
    """With the prompts that stand beside messages, under "system", as the first turns of their transcripts."""
    text = pl.col("json")
    some = records.filter(text.str.contains('"system"', literal=True) & text.str.contains(_SYSTEM))
    turns = [
        (key, record, "system", said, line)
        for key, record, line, json_text in some.select("source_key", "record", "line", "json").iter_rows()
        if (said := _prompt(json_text))
    ]
    if not turns:
        return parsed
    schema = {name: PARSED_TURNS[name] for name in ("source_key", "record", "speaker", "text", "line")}
    heard = parsed.turns.select("source_key", "record").unique()
    added = pl.DataFrame(turns, schema, orient="row").join(heard, on=["source_key", "record"], how="semi")
    more = added.group_by("source_key").agg(more=pl.col("text").str.len_chars().sum())
    accounts = parsed.accounts.join(more, on="source_key", how="left", maintain_order="left").with_columns(
        pl.col("expected", "in_turns") + pl.col("more").fill_null(0)
    )
    return replace(
        parsed,
        turns=pl.concat([added, parsed.turns], how="diagonal").select(parsed.turns.columns),
        accounts=accounts.drop("more").cast(PARSED_ACCOUNTS),
    )


def _prompt(text: str) -> str | None:
    value, _ = loaded(text)
    prompt = cast("dict[str, object]", value).get("system") if isinstance(value, dict) else None
    if not isinstance(prompt, str | list):
        return None
    try:
        return text_of(cast("object", prompt))
    except OddRecordError:
        # As it stands, lest something of it be lost.
        return json.dumps(prompt, ensure_ascii=False)


def _odd(records: pl.Series) -> pl.Series:
    """Whether each record may hold what is no plain column: half a character, tools, or a refusal; or is none."""
    hinted = records.str.contains(_HINT).fill_null(True)
    if not hinted.any():
        return hinted
    text = pl.col("json")
    lone = text.str.replace_all(_PAIR, "").str.contains(_SURROGATE)
    halves = text.str.contains(_SURROGATE) & lone
    hint = text.str.contains('"tool', literal=True) | text.str.contains('"function', literal=True)
    tools = (hint | text.str.contains('"observation"', literal=True)) & text.str.contains(_TOOL)
    refusals = text.str.contains('"refusal"', literal=True) & text.str.contains(_REFUSAL)
    near = records.filter(hinted).alias("json").to_frame().select((halves | tools | refusals).fill_null(True))
    return pl.repeat(False, len(records), eager=True).scatter(hinted.arg_true(), near.to_series())
