"""Things that processes do while a block runs: all of them, or it is told."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from flows.pool import spread
from schemas.errors import InputError


def write(path: Path) -> None:
    path.write_text(str(os.getpid()))


def fail(path: Path) -> None:
    raise FileNotFoundError(path)


def die(_: Path) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_all_is_done_when_the_block_ends_and_by_others(tmp_path: Path) -> None:
    paths = [tmp_path / str(number) for number in range(10)]
    with spread(write, paths):
        pass
    assert str(os.getpid()) not in {path.read_text() for path in paths}


def test_a_single_thing_is_done_here(tmp_path: Path) -> None:
    with spread(write, [tmp_path / "one"]):
        assert (tmp_path / "one").read_text() == str(os.getpid())
    with spread(fail, []):
        pass


def test_what_goes_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), spread(fail, [tmp_path / "a", tmp_path / "b"]):
        pass
    expected = r"\Aexpected a process for each core, found one that was killed"
    with pytest.raises(InputError, match=expected), spread(die, [tmp_path, tmp_path]):
        pass
