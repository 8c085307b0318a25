"""Which entries of an inbox are drops, and when they are complete."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from flows.inbox import Inbox, drop_named, drops_in, is_drop_name
from schemas.errors import InputError
from schemas.listing import list_sources

LONG_AGO = 1_000_000_000


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def inbox(tmp_path: Path, clock: Clock) -> Inbox:
    return Inbox(tmp_path, settle=30, clock=clock)


def names(found: list[Path]) -> list[str]:
    return [path.name for path in found]


@pytest.mark.parametrize(
    "name", [".a.txt", "a.part", "a.tmp", "a.crdownload", "a.filepart", "a~", "a.done", "_SUCCESS"]
)
def test_unfinished_names_and_markers_are_no_drops(inbox: Inbox, clock: Clock, name: str) -> None:
    (inbox.folder / name).write_text("Patient: Hi.")
    assert not is_drop_name(name)
    assert inbox.look() == []
    clock.now = 1000
    assert inbox.look() == []
    with pytest.raises(InputError, match="found it empty"):
        drops_in(inbox.folder)


def test_links_are_no_drops(inbox: Inbox, clock: Clock, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "secret.txt").write_text("Patient: Hi.")
    (inbox.folder / "file").symlink_to(elsewhere / "secret.txt")
    (inbox.folder / "folder").symlink_to(elsewhere)
    inbox.look()
    clock.now = 1000
    assert inbox.look() == []
    with pytest.raises(InputError, match="found none of that name"):
        drop_named(inbox.folder, "file")


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "..", ".", ""])
def test_nothing_outside_the_inbox_can_be_named(inbox: Inbox, name: str) -> None:
    (inbox.folder.parent / "secret.txt").write_text("Patient: Hi.")
    with pytest.raises(InputError, match="found none of that name"):
        drop_named(inbox.folder, name)


def test_a_drop_is_complete_when_it_has_not_changed_for_the_set_time(inbox: Inbox, clock: Clock) -> None:
    drop = inbox.folder / "drop"
    drop.mkdir()
    assert inbox.look() == []
    assert inbox.waiting == []  # nothing is in it
    (drop / "a.txt").write_text("Patient: H")
    assert inbox.look() == []
    clock.now = 29
    assert inbox.look() == []
    with (drop / "a.txt").open("a") as half:
        half.write("i.")
    clock.now = 31
    assert inbox.look() == []
    assert inbox.waiting == ["drop"]
    clock.now = 60
    assert inbox.look() == []
    clock.now = 61
    assert names(inbox.look()) == ["drop"]
    assert inbox.waiting == []
    clock.now = 1000
    assert inbox.look() == []
    (drop / "b.txt").write_text("Patient: Hi.")
    assert inbox.look(["drop"]) == []
    clock.now = 1030
    assert names(inbox.look([])) == ["drop"]


def test_what_was_written_long_ago_is_complete_at_once(inbox: Inbox) -> None:
    old = inbox.folder / "old.txt"
    old.write_text("Patient: Hi.")
    os.utime(old, (LONG_AGO, LONG_AGO))
    assert names(inbox.look()) == ["old.txt"]


def test_times_that_lie_ahead_do_not_count(inbox: Inbox, clock: Clock) -> None:
    ahead = inbox.folder / "ahead.txt"
    ahead.write_text("Patient: Hi.")
    os.utime(ahead, (time.time() + 9999, time.time() + 9999))
    assert inbox.look() == []
    clock.now = 30
    assert names(inbox.look()) == ["ahead.txt"]


def test_a_copy_that_keeps_times_is_not_taken_for_complete(inbox: Inbox) -> None:
    """Between two files of a tree that is being copied, every time of writing may be old."""
    drop = inbox.folder / "drop"
    drop.mkdir()
    (drop / "first.txt").write_text("Patient: Hi.")
    for path in (drop / "first.txt", drop):
        os.utime(path, (LONG_AGO, LONG_AGO))
    assert inbox.look() == []


@pytest.mark.parametrize("temporary", [".drop.txt.Xa81", "drop.txt.part", ".another"])
def test_what_is_renamed_into_place_is_complete_at_once(inbox: Inbox, temporary: str) -> None:
    (inbox.folder / temporary).write_text("Patient: Hi.")
    assert inbox.look([temporary]) == []
    time.sleep(0.02)  # file systems tell times in steps of some milliseconds
    (inbox.folder / temporary).rename(inbox.folder / "drop.txt")
    assert names(inbox.look([temporary, "drop.txt"])) == ["drop.txt"]


def test_a_renaming_that_nobody_saw_begin_is_told_by_the_names(inbox: Inbox) -> None:
    (inbox.folder / "drop.part").mkdir()
    (inbox.folder / "drop.part" / "a.txt").write_text("Patient: Hi.")
    time.sleep(0.02)
    (inbox.folder / "drop.part").rename(inbox.folder / "drop")
    assert names(inbox.look(["drop", "drop.part"])) == ["drop"]


def test_another_file_in_the_place_of_an_unfinished_one_is_not_taken_for_it(inbox: Inbox) -> None:
    (inbox.folder / ".first").write_text("Patient: Hi.")
    inbox.look([".first"])
    (inbox.folder / ".first").unlink()
    (inbox.folder / "second").write_text("Patient: H")  # file systems give the freed inode to it
    assert inbox.look([".first", "second"]) == []


def test_a_drop_waits_while_an_unfinished_one_stands_beside_it(inbox: Inbox, clock: Clock) -> None:
    (inbox.folder / "drop.txt").touch()
    (inbox.folder / "drop.txt.part").write_text("Patient: H")
    inbox.look()
    clock.now = 1000
    assert inbox.look() == []
    assert inbox.waiting == ["drop.txt"]


@pytest.mark.parametrize("marker", ["drop.done", "drop.complete", "drop/_SUCCESS", "drop/.complete"])
def test_a_marker_makes_complete_what_does_not_change_after_it(inbox: Inbox, marker: str) -> None:
    drop = inbox.folder / "drop"
    drop.mkdir()
    (drop / "a.txt").write_text("Patient: Hi.")
    assert inbox.look() == []
    (inbox.folder / marker).touch()
    assert names(inbox.look([marker.split("/", maxsplit=1)[0]])) == ["drop"]
    assert [source.path for source in list_sources(drop, within=True)] == ["a.txt"]
    time.sleep(0.02)
    (drop / "a.txt").write_text("Patient: Hi, it's me.")
    assert inbox.look(["drop"]) == []


def test_a_missing_inbox_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected an inbox with drops, found No such file or directory"):
        Inbox(tmp_path / "none", 1).look()
