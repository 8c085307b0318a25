"""A large corpus of labelled-text transcripts, recombined from the seeds, with known defects planted in a few files.

``python -m tests.benches.corpus FOLDER [--turns N] [--files N] [--seed N]`` makes one. The same arguments make the same
bytes; a stamp beside the folder (``FOLDER.stamp.json``) names the defect of each file that has one, and lets a second
call return at once.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Any

Turn = tuple[str, str]
"""A speaker's label and the text."""

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
LABELS = (("Patient", "Therapist"), ("Client", "Counselor"), ("User", "Assistant"))
SPOILT = {
    "serving_error": "[Llama-3-3B-Instruct {second} generation error: The decoder prompt (length {length}) is longer "
    "than the maximum model length of {limit}. Make sure that `max_model_len` is no smaller than the number of text "
    "tokens.]",
    "placeholder": "[Answer not properly formatted or missing]",
    "leaked_note": "{text} \n\n(Note: This response is more direct and gentle, and acknowledges the patient's need to "
    "take a break and prioritize their own needs. It also acknowledges that the patient is not a bad person and that "
    "they are not alone in their emotions.)",
    "empty_turn": "",
    "template_token": "{text}<|im_end|>",
    "role_bleed": "{text}\n{first}: {aside}",
}
"""What a defect makes of a turn's text, by kind; a serving error ends the file."""

KINDS = (*SPOILT, "repeated_speaker")
PER_FOLDER = 500
SWAPS = 3

_LABELS_ODDS = (18, 1, 1)
_CRLF_ODDS = 1 / 50
_DEFECT_ODDS = 3 / 100
_SPEAKER = re.compile(r"^(Patient|Therapist): ", re.MULTILINE)
_NOTE_PARAGRAPH = re.compile(r"\s*\n\n\(Note: [^\n]*\)")
_GAP = re.compile(r"""(\s*\n\s*|(?:(?<=[.?!…])|(?<=[.?!…]["”]))[ ]+(?=["“]?[A-Z]))""")
_SENTENCE = re.compile(r"""["“]?[A-Z][^:\n]{18,}[.?!…]["”]?""")


@dataclass(frozen=True, slots=True)
class Draft:
    """A seed's turn as sentences and the gaps between them, with the places where a sentence can be exchanged."""

    parts: tuple[str, ...]
    slots: tuple[int, ...]

    @classmethod
    def of(cls, text: str) -> Draft:
        """Split the text of a turn."""
        parts = tuple(_GAP.split(text))
        return cls(parts, tuple(index for index, part in enumerate(parts) if _is_whole(part)))


@dataclass(frozen=True, slots=True)
class Voice:
    """What one of the two speakers says: the drafts of their turns, and the sentences that those can exchange."""

    drafts: tuple[Draft, ...]
    sentences: tuple[str, ...]

    @classmethod
    def of(cls, texts: list[str]) -> Voice:
        """Pool the turns of one speaker."""
        drafts = tuple(draft for draft in map(Draft.of, texts) if draft.slots)
        return cls(drafts, tuple(dict.fromkeys(draft.parts[slot] for draft in drafts for slot in draft.slots)))

    def turns(self, count: int, rng: random.Random) -> list[str]:
        """Write new turns; no two come from the same draft until every draft has been used."""
        order: list[Draft] = []
        while len(order) < count:
            order += rng.sample(self.drafts, len(self.drafts))
        return [self._rewrite(draft, rng) for draft in order[:count]]

    def _rewrite(self, draft: Draft, rng: random.Random) -> str:
        parts = list(draft.parts)
        for slot, sentence in zip(rng.choices(draft.slots, k=SWAPS), rng.choices(self.sentences, k=SWAPS), strict=True):
            if sentence not in parts:
                parts[slot] = sentence
        return "".join(parts)


def make(folder: Path, *, turns: int = 1_000_000, files: int = 20_000, seed: int = 7) -> dict[str, int]:
    """Write the corpus into the folder, unless it is there already, and count the planted defects by kind.

    A folder that holds another corpus of this generator is replaced; any other folder has to be empty or absent.
    """
    if files < 1 or turns % 2 or turns < 4 * files:
        raise ValueError(f"{turns} turns can't be dealt out in pairs to {files} files")
    folder = folder.resolve()
    stamp = folder.with_name(f"{folder.name}.stamp.json")
    key = {"generator": _fingerprint(), "turns": turns, "files": files, "seed": seed}
    made: dict[str, Any] = json.loads(stamp.read_text()) if stamp.exists() else {}
    if made.get("key") != key or sum(1 for _ in folder.glob("*/*.txt")) != files:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        elif folder.exists() and any(folder.iterdir()):
            raise FileExistsError(f"{folder} isn't empty, and no stamp says that this generator filled it")
        folder.mkdir(parents=True, exist_ok=True)
        stamp.write_text(json.dumps({"key": None}))
        made = {"key": key, "planted": _write(folder, turns, files, random.Random(seed))}
        stamp.write_text(json.dumps(made, indent=1))
    return dict.fromkeys(KINDS, 0) | Counter(made["planted"].values())


def _write(folder: Path, turns: int, files: int, rng: random.Random) -> dict[str, str]:
    """Write the files, and return the kind of defect by the relative path of each file that has one."""
    voices = _voices()
    planted = dict(zip(rng.sample(range(files), round(files * _DEFECT_ODDS)), cycle(KINDS), strict=False))
    longer = [number for number, kind in planted.items() if kind == "repeated_speaker"]
    if len(longer) % 2:  # each has an odd number of turns, and the rest can't make up for one of them
        del planted[longer.pop()]
    where: dict[str, str] = {}
    for number, pairs in enumerate(_lengths((turns - len(longer)) // 2, files, rng)):
        path = folder / f"{number // PER_FOLDER:03d}" / f"{number:06d}.txt"
        if not number % PER_FOLDER:
            path.parent.mkdir()
        spoken = _conversation(pairs, voices, planted.get(number), rng)
        text = "\n\n".join([f"{speaker}: {words}" for speaker, words in spoken]) + "\n"
        if rng.random() < _CRLF_ODDS:
            text = text.replace("\n", "\r\n")
        path.write_bytes(text.encode())
        if number in planted:
            where[path.relative_to(folder).as_posix()] = planted[number]
    return where


def _conversation(pairs: int, voices: tuple[Voice, Voice], defect: str | None, rng: random.Random) -> list[Turn]:
    """Let the two speakers take turns, and plant the defect, if any."""
    ((first, second),) = rng.choices(LABELS, _LABELS_ODDS)
    asked, answered = (voice.turns(pairs + 1, rng) for voice in voices)  # one to spare, for a defect
    turns = [turn for a, b in zip(asked[:-1], answered, strict=False) for turn in ((first, a), (second, b))]
    spot = len(turns) - 1 if defect == "serving_error" else rng.randrange(1, len(turns), 2)
    if defect == "repeated_speaker":
        turns.insert(spot, (second, answered[-1]))
    elif defect:
        limit = rng.choice((4096, 8192, 9000, 16384))
        length = limit + rng.randint(1, 999)
        spoilt = SPOILT[defect].format(
            text=turns[spot][1], first=first, second=second, aside=asked[-1], length=length, limit=limit
        )
        turns[spot] = second, spoilt
    return turns


def _lengths(pairs: int, files: int, rng: random.Random) -> list[int]:
    """Deal out the pairs of turns: from two fifths to eight fifths of the mean for each file."""
    share, rest = divmod(pairs, files)
    lengths = [share + (number < rest) for number in range(files)]
    rng.shuffle(lengths)
    for number in range(0, files - 1, 2):
        moved = rng.randint(0, min(lengths[number : number + 2]) * 3 // 5) * rng.choice((-1, 1))
        lengths[number] += moved
        lengths[number + 1] -= moved
    return lengths


def _voices() -> tuple[Voice, Voice]:
    """Pool the sound turns of the seeds by speaker; the last turn of each seed, and the leaked note, aren't."""
    said: dict[str, list[str]] = {"Patient": [], "Therapist": []}
    for seed in sorted(SEEDS.glob("*.txt")):
        _, *fields = _SPEAKER.split(seed.read_text(encoding="utf-8"))
        for speaker, text in list(zip(fields[::2], fields[1::2], strict=True))[:-1]:
            said[speaker].append(_NOTE_PARAGRAPH.sub("", text).strip())
    return Voice.of(said["Patient"]), Voice.of(said["Therapist"])


def _is_whole(part: str) -> bool:
    """Whether a part is a sentence that can stand elsewhere: no label, no list, no half of a quotation."""
    paired = not part.count('"') % 2 and part.count("“") == part.count("”") and part.count("(") == part.count(")")
    return paired and bool(_SENTENCE.fullmatch(part))


def _fingerprint() -> str:
    sources = [Path(__file__), *sorted(SEEDS.glob("*.txt"))]
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--turns", type=int, default=1_000_000)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    print(json.dumps(make(**vars(parser.parse_args())), indent=1))
