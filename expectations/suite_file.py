"""Read a suite's file, and those it extends, into one draft that knows where each of its values comes from."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from expectations.catalogue import by_type, catalogue
from expectations.core import CoreExpectation, core_expectation, is_core
from expectations.kinds import fits, in_words, kinds
from expectations.repair import repairs as known_repairs
from expectations.rule import Expectation, Severity
from expectations.suite_chain import OURS, chain
from expectations.tokens import TOKENIZER, counter, located
from expectations.yaml_file import Place, YamlFile, near
from schemas.columns import SEVERITIES
from schemas.errors import InputError
from schemas.format import AS_FOUND, ReadingOptions, formats
from schemas.merging import MERGES
from schemas.roster import normalised

_SUITE: Final = ("name", "expectations", "meta", "id", "notes", "suite_parameters")
_ENTRY: Final = ("type", "kwargs", "severity", "meta", "id", "notes", "description")


@dataclass
class Draft:
    """A suite in the making; what a file says goes over what the files it extends say.

    Attributes:
        codes: the expectations that are on.
        core: by code, those of the expectations that are Great Expectations' own.
        thresholds, severities: by code, where a file gives them.
        roles: labels by role.
        repairs, gates, reading: as files give them.
        origins: where each value stands (``file:line``), by `S205`, `S205.severity`, `S205.speakers`,
            `without.S205`, `roster.patient`, `repairs`, `gates.warn`, `reading.merge`.
    """

    name: str = ""
    codes: set[str] = field(default_factory=set[str])
    core: dict[str, CoreExpectation] = field(default_factory=dict[str, CoreExpectation])
    thresholds: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    severities: dict[str, Severity] = field(default_factory=dict[str, Severity])
    roles: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    repairs: tuple[str, ...] = ()
    gates: dict[str, float] = field(default_factory=lambda: {"warn": 0.05, "fail": 0.20})
    reading: ReadingOptions = AS_FOUND
    origins: dict[str, str] = field(default_factory=dict[str, str])


def read_suite(name: str) -> Draft:
    """The draft of the suite of this name that comes with Turnproof, or at this path.

    Raises:
        SuiteError: if there is none, or it is wrong: with file, line, what was expected, what was found.
    """
    draft = Draft()
    files = chain(name)
    for file in reversed(files):
        _apply(file, draft)
    if not draft.codes:
        files[0].fail(("expectations",), "a list of expectations", None, "add `- type: expect_…`")
    return draft


def _apply(file: YamlFile, draft: Draft) -> None:
    """Put what one file says over what `draft` holds."""
    suite = file.mapping(file.content, (), _SUITE)
    meta = file.mapping(suite.get("meta"), ("meta",), None)
    for key in meta:
        if key != "turnproof" and near(key, ["turnproof"]):
            file.fail(("meta", key), "our settings under turnproof", key, "use turnproof")
    name = suite.get("name")
    if not isinstance(name, str) or not name:
        file.fail(("name",), "a name for the suite", name, "add `name: …`")
    draft.name = name
    draft.origins["name"] = file.origin(("name",))
    listed = _expectations(file, suite.get("expectations"), draft)
    ours = file.mapping(meta.get("turnproof"), OURS, tuple(_SETTINGS))
    for key, value in ours.items():
        _SETTINGS[key](file, value, draft)
    for code in sorted(code for code in listed if f"without.{code}" in draft.origins):
        file.fail((*OURS, "without"), f"{code} either among the expectations or here", code, "remove one")


def _expectations(file: YamlFile, entries: object, draft: Draft) -> set[str]:
    place = ("expectations",)
    if entries is None:
        return set()
    if not isinstance(entries, list):
        file.fail(place, "a list of expectations", entries, "write `- type: expect_…`")
    listed: set[str] = set()
    for number, entry in enumerate(cast("list[object]", entries)):
        fields = file.mapping(entry, (*place, number), _ENTRY)
        found = _expectation(file, fields, (*place, number), draft)
        if found.code in listed:
            remedy = "give it a code: `meta: {code: GX_…}`" if found.code in draft.core else "remove one"
            file.fail((*place, number), "each expectation once", found.type, remedy)
        listed.add(found.code)
        draft.origins.pop(f"without.{found.code}", None)
    return listed


def _expectation(file: YamlFile, fields: dict[str, Any], place: Place, draft: Draft) -> Expectation:
    kind = fields.get("type")
    found = by_type().get(kind) if isinstance(kind, str) else None
    if found is None and isinstance(kind, str) and is_core(kind):
        found = _core(file, kind, fields, place, draft)
    if found is None:
        hint = near(str(kind), by_type()) or "`turnproof rules` lists them"
        file.fail((*place, "type"), "the type of an expectation", kind, hint)
    code = found.code
    named = file.mapping(fields.get("meta"), (*place, "meta"), None).get("code", code)
    if named != code:
        file.fail((*place, "meta", "code"), f"{code}, the code of {found.type}", named, f"use {code}")
    draft.codes.add(code)
    draft.origins[code] = file.origin(place)
    severity = fields.get("severity")
    if severity is not None:
        if severity not in SEVERITIES:
            hint = near(str(severity), SEVERITIES) or "use critical"
            file.fail((*place, "severity"), "a severity of critical, warning or info", severity, hint)
        draft.severities[code] = severity
        draft.origins[f"{code}.severity"] = file.origin((*place, "severity"))
    if isinstance(found, CoreExpectation):
        return found
    types, kwargs = kinds(found.rule), (*place, "kwargs")
    for name, value in file.mapping(fields.get("kwargs"), kwargs, tuple(types)).items():
        if not fits(value, types[name]):
            default = json.dumps(found.thresholds[name], ensure_ascii=False)
            file.fail((*kwargs, name), in_words(types[name]), value, f"use {default}, the default")
        given = _tokenizer(file, value, (*kwargs, name)) if name == TOKENIZER and value is not None else value
        draft.thresholds.setdefault(code, {})[name] = given
        draft.origins[f"{code}.{name}"] = file.origin((*kwargs, name))
    return found


def _tokenizer(file: YamlFile, name: str, place: Place) -> str:
    """The path of a tokenizer that a suite names, once it is read: it is in the suite that it is wrong."""
    try:
        path = str(located(name, file.folder))
        counter(path)
    except InputError as error:
        raise file.error(f"{file.origin(place)}: {error}") from None
    return path


def _core(file: YamlFile, kind: str, fields: dict[str, Any], place: Place, draft: Draft) -> CoreExpectation:
    """One of Great Expectations' own; its arguments go in place of those that an extended suite gives it."""
    kwargs = file.mapping(fields.get("kwargs"), (*place, "kwargs"), None)
    code = file.mapping(fields.get("meta"), (*place, "meta"), None).get("code", "")
    try:
        found = core_expectation(kind, kwargs, str(code))
    except InputError as error:
        raise file.error(f"{file.origin((*place, 'kwargs'))}: {error}") from None
    draft.core[found.code] = found
    draft.thresholds[found.code] = kwargs
    draft.origins.update({f"{found.code}.{name}": file.origin((*place, "kwargs", name)) for name in kwargs})
    return found


def _without(file: YamlFile, value: object, draft: Draft) -> None:
    place = (*OURS, "without")
    for number, code in enumerate(file.texts(value, place, "codes", "without: [S205]")):
        if code not in catalogue() and code not in draft.core:
            hint = near(code.upper(), catalogue()) or "`turnproof rules` lists them"
            file.fail((*place, number), "the code of an expectation", code, hint)
        draft.codes.discard(code)
        draft.origins[f"without.{code}"] = file.origin((*place, number))


def _roster(file: YamlFile, value: object, draft: Draft) -> None:
    """Labels are added to those that a role has; null takes a role out, and a label goes to the role named last."""
    place = (*OURS, "roster")
    mine: dict[str, str] = {}
    for role, labels in file.mapping(value, place, None).items():
        if labels is None:
            draft.roles.pop(role, None)
            draft.origins.pop(f"roster.{role}", None)
            continue
        added = file.texts(labels, (*place, role), "labels", "role: [Label, Label]")
        for number, label in enumerate((role, *added)):
            if mine.setdefault(normalised(label), role) != role:
                where = (*place, role, number - 1) if number else (*place, role)
                file.fail(
                    where, "each label under one role", label, f"remove it here or under {mine[normalised(label)]}"
                )
        for other, known in draft.roles.items():
            if other != role:
                draft.roles[other] = tuple(each for each in known if mine.get(normalised(each)) != role)
        draft.roles[role] = tuple(dict.fromkeys((*draft.roles.get(role, ()), *added)))
        before = draft.origins.get(f"roster.{role}")
        here = file.origin((*place, role))
        draft.origins[f"roster.{role}"] = f"{before}, {here}" if before else here


def _repairs(file: YamlFile, value: object, draft: Draft) -> None:
    place = (*OURS, "repairs")
    for number, name in enumerate(names := file.texts(value, place, "repairs", "repairs: [trim_tail]")):
        if name not in known_repairs():
            expected = f"a repair ({', '.join(known_repairs())})"
            file.fail((*place, number), expected, name, near(name, known_repairs()) or "remove it")
    draft.repairs = tuple(dict.fromkeys(names))
    draft.origins["repairs"] = file.origin(place)


def _gates(file: YamlFile, value: object, draft: Draft) -> None:
    place = (*OURS, "gates")
    for name, share in file.mapping(value, place, ("warn", "fail")).items():
        if not fits(share, float) or not 0 <= share <= 1:
            file.fail((*place, name), "a share from 0 to 1", share, f"use {Draft().gates[name]}")
        draft.gates[name] = float(share)
        draft.origins[f"gates.{name}"] = file.origin((*place, name))


def _reading(file: YamlFile, value: object, draft: Draft) -> None:
    place = (*OURS, "reading")
    given = file.mapping(value, place, ("merge", "format"))
    if given.get("merge", "auto") not in MERGES:
        hint = near(str(given["merge"]), MERGES) or "use auto"
        file.fail((*place, "merge"), f"one of {', '.join(MERGES)}", given["merge"], hint)
    if given.get("format") is not None and given["format"] not in tuple(formats()):
        file.fail((*place, "format"), "a format", given["format"], near_format(str(given["format"])))
    draft.reading = replace(draft.reading, **given)
    draft.origins.update({f"reading.{name}": file.origin((*place, name)) for name in given})


def near_format(word: str) -> str:
    """``use …`` with the nearest format; names are compound, and a person may know one part: vtt, openai."""
    parts = [name for name in formats() if word and word.lower() in name]
    return near(word, formats()) or (f"use {parts[0]}" if parts else "`turnproof formats` lists them")


def _extends(_file: YamlFile, _value: object, _draft: Draft) -> None:
    """It was followed before anything was read."""


_SETTINGS: Final[dict[str, Callable[[YamlFile, object, Draft], None]]] = {
    "extends": _extends,
    "without": _without,
    "roster": _roster,
    "repairs": _repairs,
    "gates": _gates,
    "reading": _reading,
}
"""Our settings, under ``meta.turnproof``: what each puts into a draft."""
