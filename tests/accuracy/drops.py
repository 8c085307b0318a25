"""Defects of whole drops: dialogues in a folder with a manifest, some of them left out, cut off, or still growing."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from expectations.suite import Suite
from flows.checking import check_paths
from tests.accuracy.planting import Score
from tests.accuracy.sound import cut, labelled

EACH = 40
"""Drops for each kind of defect and of lure."""

Files = dict[str, bytes]
Form = Callable[[Files], tuple[str, str]]


def _sums(kind: str) -> Form:
    def write(files: Files) -> tuple[str, str]:
        lines = [f"{hashlib.new(kind, data).hexdigest()}  ./{name}\n" for name, data in files.items()]
        return f"{kind.upper()}SUMS", "".join(lines)

    return write


def _tagged(files: Files) -> tuple[str, str]:
    lines = [f"SHA1 ({name}) = {hashlib.sha1(data).hexdigest()}" for name, data in files.items()]
    return "checksums.sha1", "\r\n".join(lines)


def _listed(files: Files) -> tuple[str, str]:
    told = [{"file": name, "size": len(data)} for name, data in files.items()]
    return "manifest.json", json.dumps({"version": 1, "files": told}, indent=2)


def _tabled(files: Files) -> tuple[str, str]:
    return "manifest.csv", "path,bytes\n" + "".join(f'"{name}",{len(data)}\n' for name, data in files.items())


def _named(files: Files) -> tuple[str, str]:
    return "MANIFEST", "\n".join(files) + "\n"


FORMS: tuple[Form, ...] = (_sums("md5"), _sums("sha256"), _sums("sha512"), _tagged, _listed, _tabled, _named)


def _left_out(folder: Path, name: str, _form: Form) -> None:
    (folder / name).unlink()


def _cut_off(folder: Path, name: str, form: Form) -> None:
    if form is _named:
        return _left_out(folder, name, form)  # a list of names can't tell
    (folder / name).write_bytes((folder / name).read_bytes()[:-20])
    return None


def _untouched(_folder: Path, _name: str, _form: Form) -> None:
    """A whole drop."""


def _hidden(folder: Path, _name: str, _form: Form) -> None:
    (folder / ".DS_Store").write_bytes(b"\0")


def _more(folder: Path, _name: str, _form: Form) -> None:
    (folder / "later.txt").write_text("Patient: One more thing.\n\nTherapist: Go on.\n" * 4)


def _dialogue_of_that_name(folder: Path, _name: str, _form: Form) -> None:
    (folder / "extra").mkdir()
    (folder / "extra/manifest.csv").write_text("speaker,text\n" + "Patient,Yes.\nTherapist,No.\n" * 4)


DEFECTS = (_left_out, _cut_off)
LURES = (_untouched, _hidden, _more, _dialogue_of_that_name)


def measured(seed: int, scale: float, suite: Suite) -> Score:
    """How F107 does."""
    rng, score = random.Random(seed), Score()
    mine = suite.changed(select=["F107"])
    for kind in (*DEFECTS, *LURES):
        for folder, name, form in _drops(rng, scale):
            kind(folder, name, form)
            _count(score, kind.__name__, _found(folder, mine), {_manifest(folder)} if kind in DEFECTS else set())
    for folder, name, _ in _drops(rng, scale):
        _count(score, "growing", _found(folder, mine, grow=folder / name), {name})
    return score


def _count(score: Score, kind: str, found: set[str], truth: set[str]) -> None:
    score.planted += len(truth)
    if truth - found:
        score.missed[kind] += 1
    if found - truth:
        score.wrong[kind] += 1


def _found(folder: Path, suite: Suite, grow: Path | None = None) -> set[str]:
    def observe(_done: int, _total: int) -> None:
        if grow is not None:
            with grow.open("ab") as file:
                file.write(b"\nPatient: And")

    found = check_paths([folder], suite, observe).findings
    return {str(Path(path).relative_to(folder)) for path in found["path"]}


def _manifest(folder: Path) -> str:
    return next(path.name for path in folder.iterdir() if "sum" in path.name.lower() or "manifest" in path.name.lower())


def _drops(rng: random.Random, scale: float) -> Iterator[tuple[Path, str, Form]]:
    """Folders with a manifest each, a file that it names, and its form."""
    for number in range(round(EACH * scale)):
        with TemporaryDirectory() as place:
            folder, form = Path(place), FORMS[number % len(FORMS)]
            within = rng.choice(("", "session é/", "2026-11/"))
            files = {
                f"{within}{n} {rng.getrandbits(16):x}.txt": labelled(cut(rng)).encode()
                for n in range(rng.randrange(2, 6))
            }
            for name, data in files.items():
                (folder / name).parent.mkdir(exist_ok=True)
                (folder / name).write_bytes(data)
            name, text = form(files)
            (folder / name).write_text(text, "utf-8")
            yield folder, rng.choice(sorted(files)), form
