"""The files that a suite is made of: its own, and those that it extends."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from expectations.yaml_file import MAX_BYTES, YamlFile, near
from schemas.errors import SuiteError

FOLDER: Final = Path(__file__).parent / "suites"
"""Where the suites lie that come with Turnproof."""

_MAX_EXTENDS: Final = 8
"""So many suites may extend each other in a row."""

OURS: Final = ("meta", "turnproof")
"""Where our settings stand in a suite."""


def shipped() -> list[str]:
    """The names of the suites that come with Turnproof."""
    return sorted(each.stem for each in FOLDER.glob("*.yaml"))


def chain(name: str) -> list[YamlFile]:
    """The file of the suite of this name that comes with Turnproof, or at this path, and those that it extends.

    Raises:
        SuiteError: if one is missing, is no YAML, or they extend each other in a ring.
    """
    files = [_first(name)]
    seen = [files[0][1].resolve()]
    while (base := _base(*files[-1])) is not None:
        file = files[-1][0]
        place = (*OURS, "extends")
        if base.resolve() in seen:
            file.fail(place, "a suite that doesn't extend this one", _extended(file), "remove one `extends`")
        if len(files) > _MAX_EXTENDS:
            file.fail(place, f"at most {_MAX_EXTENDS} suites in a row", _extended(file), "extend fewer")
        seen.append(base.resolve())
        files.append((YamlFile(_shown(base), _bytes(base), folder=base.parent), base))
    return [file for file, _ in files]


def _first(name: str) -> tuple[YamlFile, Path]:
    own = FOLDER / f"{name}.yaml"
    path = own if name in shipped() and not Path(name).is_file() else Path(name)
    try:
        data = _bytes(path)
    except OSError as error:
        hint, found = near(name, shipped()), error.strerror or "neither"
        expected = f"expected a suite ({', '.join(shipped())}) or a path to one"
        raise SuiteError(f"{name}: {expected}, found {found}{hint and '; '}{hint}") from None
    return YamlFile(own.name if path == own else name, data, folder=path.parent), path


def _base(file: YamlFile, path: Path) -> Path | None:
    """The file that a suite extends; a name, or a path from its own folder."""
    given = _extended(file)
    if given is None:
        return None
    place = (*OURS, "extends")
    if not isinstance(given, str) or not given:
        file.fail(place, "the name or path of one suite", given, "write `extends: synthetic`")
    base = FOLDER / f"{given}.yaml" if given in shipped() else path.parent / given
    if "\0" in given or not base.is_file():
        hint = near(given, [*shipped(), *(each.name for each in sorted(path.parent.glob("*.yaml")))])
        file.fail(place, f"a suite ({', '.join(shipped())}) or a path to one", given, hint or "correct the path")
    return base


def _extended(file: YamlFile) -> object:
    value = file.content
    for key in (*OURS, "extends"):
        value = cast("dict[str, object]", value).get(key) if isinstance(value, dict) else None
    return value


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def _shown(path: Path) -> str:
    return path.name if path.parent == FOLDER else str(path)
