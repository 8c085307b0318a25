"""YAML that people write, with the line of every value, so that what is wrong is told where it stands.

Plain data is all it takes: aliases, tags, keys that stand twice, and anything nested deeply or huge are refused in a
sentence, before anything is built of them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn, cast

import yaml

from schemas.errors import SuiteError, TurnproofError

MAX_BYTES: Final = 2**18
"""No suite comes near it, and reading so much takes a second."""

_MAX_DEPTH: Final = 16
_MAX_NUMBER: Final = 40
"""Characters of the longest number or date; turning a longer one into a value could take for ever."""

_SHOWN: Final = 80

_LOADER: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))

Place = tuple[str | int, ...]
"""Where a value stands: the keys and list positions that lead to it."""


class YamlFile:
    """One file of YAML.

    Args:
        name: as errors show it.
        data: its content, in UTF-8.
        error: what to raise where it is wrong.
        folder: where it lies; paths in it count from there.

    Attributes:
        content: what it holds: mappings, lists and plain values.
        lines: the line of each place, counted from 1.

    Raises:
        TurnproofError: `error`, if it isn't plain YAML.
    """

    def __init__(self, name: str, data: bytes, error: type[TurnproofError] = SuiteError, folder: Path = Path()) -> None:
        self.name = name
        self.folder = folder
        self.error = error
        self.lines: dict[Place, int] = {}
        if len(data) > MAX_BYTES:
            raise error(f"{name}: expected at most {MAX_BYTES // 1024} KiB, found a larger file; is it the right one?")
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as wrong:
            self._refuse(data.count(b"\n", 0, wrong.start) + 1, "YAML in UTF-8", "something else", "save it as UTF-8")
        try:
            self._look_through(text)
            node = yaml.compose(text, Loader=_LOADER)
        except yaml.YAMLError as wrong:
            mark = getattr(wrong, "problem_mark", None) or getattr(wrong, "context_mark", None)
            found = getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or "something else"
            self._refuse(mark.line + 1 if mark else 1, "YAML", f"that {_visible(str(found))}", "mend the line")
        self.content: object = None if node is None else self._value(node, ())

    def line(self, place: Place) -> int:
        """The line of a place, or of the nearest one around it."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def origin(self, place: Place) -> str:
        """A place as a person finds it: ``file:line``."""
        return f"{self.name}:{self.line(place)}"

    def fail(self, place: Place, expected: str, found: object, remedy: str) -> NoReturn:
        """Refuse the value at a place.

        Raises:
            TurnproofError: always.
        """
        # Nothing is said of a very long value but its beginning.
        shown = "nothing" if found is None else json.dumps(found, default=str, ensure_ascii=False)
        shown = f"{shown[:_SHOWN]}…" if len(shown) > _SHOWN else shown
        self._refuse(self.line(place), expected, _visible(shown), remedy)

    def mapping(self, value: object, place: Place, allowed: Sequence[str] | None) -> dict[str, Any]:
        """A value as a mapping with no other keys than `allowed` (None allows any); nothing is an empty one.

        Raises:
            TurnproofError: if it is something else.
        """
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fail(place, "keys and values", value, "mend the line")
        fields = cast("dict[str, Any]", value)
        for key in fields:
            if allowed is not None and key not in allowed:
                expected = f"one of {', '.join(allowed)}" if allowed else "no setting here"
                self.fail((*place, key), expected, key, near(key, allowed) or "remove it")
        return fields

    def texts(self, value: object, place: Place, what: str, example: str) -> list[str]:
        """A value as a list of texts; nothing is an empty one.

        Raises:
            TurnproofError: if it is something else.
        """
        if value is None:
            return []
        if not isinstance(value, list):
            self.fail(place, f"a list of {what}", value, f"write `{example}`")
        for number, each in enumerate(cast("list[object]", value)):
            if not isinstance(each, str):
                self.fail((*place, number), f"a list of {what}", each, f"write `{example}`")
        return cast("list[str]", value)

    def _look_through(self, text: str) -> None:
        """Refuse what is hostile while it is only a stream of events, of which few are in memory."""
        depth = 0
        for event in yaml.parse(text, Loader=_LOADER):
            line = event.start_mark.line + 1 if event.start_mark else 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) is not None:
                self._refuse(line, "every value written out", "an anchor or alias", "write the value itself")
            if getattr(event, "tag", None) is not None:
                self._refuse(line, "plain values", "a tag", "remove it")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            if depth > _MAX_DEPTH:
                self._refuse(line, f"at most {_MAX_DEPTH} levels", "deeper nesting", "mend the line")

    def _value(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(each, (*place, number)) for number, each in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            fields: dict[str, object] = {}
            for key, value in node.value:
                line = key.start_mark.line + 1
                if not isinstance(key, yaml.ScalarNode):
                    self._refuse(line, "a name before the colon", "a list or a mapping", "mend the line")
                name = str(key.value)
                if name in fields:
                    self._refuse(line, "each key once", f'"{_visible(name[:_SHOWN])}" again', "remove one")
                self.lines[(*place, name)] = line
                fields[name] = self._value(value, (*place, name))
            return fields
        kind = node.tag.rpartition(":")[2]
        if kind in ("int", "float", "timestamp") and len(node.value) > _MAX_NUMBER:
            self.fail(place, f"a number of at most {_MAX_NUMBER} digits", node.value, "mend the line")
        try:
            return cast("Any", yaml.constructor.SafeConstructor()).construct_object(node)
        except (ValueError, yaml.YAMLError):
            self.fail(place, f"a {kind}", node.value, "mend the line, or put it in quotes")

    def _refuse(self, line: int, expected: str, found: str, remedy: str) -> NoReturn:
        raise self.error(f"{self.name}:{line}: expected {expected}, found {found}; {remedy}")


def near(word: str, known: Sequence[str] | Mapping[str, Any]) -> str:
    """``use …`` with the nearest right spelling of a word, or nothing."""
    found = get_close_matches(word[:_SHOWN], list(known), n=1)
    return f"use {found[0]}" if found else ""


def _visible(text: str) -> str:
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
