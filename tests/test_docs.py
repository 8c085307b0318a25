"""What the documents say holds: README commands run, the house is as drawn, generated pages are fresh."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.flows.test_cli import turnproof

README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
COMMANDS = re.findall(r"^turnproof .*$", README, re.MULTILINE)


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_of_the_readme_are_understood(command: str) -> None:
    words = shlex.split(command)[1:]
    if words[0] in ("run", "serve", "publish", "report", "waive", "requeue", "gx", "join"):
        # These start a server, or need a store or a drop; that they take these options is what can go stale.
        done = turnproof(words[0], "--help")
        assert all(word in done.stdout for word in words if word.startswith("--"))
    else:
        done = turnproof(*words)
    assert done.returncode in (0, 1), done.stderr


def test_readme_names_every_command_and_setting() -> None:
    from flows.cli import app
    from flows.settings import table

    names = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    assert names
    assert all(f"turnproof {name}" in README for name in names)
    assert table() in README, "python -m flows.settings"


@pytest.mark.slow  # imports Great Expectations
def test_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = re.findall(r"```python\n(from pathlib.*?)```", README, re.DOTALL)
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)
    exec(compile(example, "README.md", "exec"), {})
    (reading,) = re.findall(r"```python\n(import polars.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(reading, "README.md", "exec"), names)
    assert getattr(names["release"], "height", 0) == 48


def test_the_house_is_as_drawn() -> None:
    drawing = CONTRIBUTING.split("```")[1]
    for folder in ("flows", "reports", "expectations", "schemas"):
        missing = [
            path.name
            for path in (ROOT / folder).glob("*.py")
            if path.name not in drawing and not path.name.startswith("__")
        ]
        drawn = re.search(rf"^{folder}/.*?(?=^\w+/ |\Z)", drawing, re.MULTILINE | re.DOTALL)
        assert drawn is not None
        for name in re.findall(r"\w+\.py", drawn[0]):
            assert (ROOT / folder / name).is_file(), name
        assert missing == []


def test_no_other_folder_at_the_top() -> None:
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and not path.name.startswith(".")}
    made = {"turnproof-store", "__pycache__"}
    assert folders - made == {"expectations", "flows", "reports", "schemas", "seeds", "tests"}


@pytest.mark.slow  # Great Expectations takes 7 s to import.
def test_great_expectations_example_of_the_readme_runs() -> None:
    (example,) = re.findall(r"```python\n(import great_expectations.*?)```", README, re.DOTALL)
    exec(compile(example, "README.md", "exec"), {})


@pytest.mark.slow  # Great Expectations takes 7 s to import.
def test_great_expectations_example_over_the_store_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from expectations.suite import load_suite
    from flows.pipeline import run_drop
    from schemas.store import Store

    monkeypatch.chdir(tmp_path)
    run_drop(ROOT / "seeds", Store("turnproof-store"), load_suite(), tmp_path / "site")
    (example,) = re.findall(r"```python\n(import expectations.gx.transcripts.*?)```", README, re.DOTALL)
    names: dict[str, object] = {}
    exec(compile(example, "README.md", "exec"), names)
    failed = [each.expectation_config.meta for each in getattr(names["result"], "results", []) if not each.success]
    codes = {each["code"] for each in failed if each}
    # The released transcript has no critical finding; what it can't tell (tools, times) is no success.
    assert {"S208", "S210"} <= codes
    assert not codes & {"C401", "C402", "C404", "S201"}
