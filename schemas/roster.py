"""Who speaks: labels as they stand in a source, and the roles they map to."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import polars as pl

CONNECTIVES: Final = frozenset(
    """
    also and but example examples finally first goal how http https later maybe next no note notes now option or plan ps
    second so step summary then third tip what why yes pros cons remember today tomorrow tonight morning evening
    monday tuesday wednesday thursday friday saturday sunday
    """.split()
)
"""Words that open a paragraph with a colon in ordinary prose and are nobody's name."""


def normalised(label: str) -> str:
    """A label as a roster compares it: in one case and width (NFKC), with single blanks for blanks, - and _."""
    return " ".join(re.sub(r"[\s_-]+", " ", unicodedata.normalize("NFKC", label).casefold()).split())


@dataclass(frozen=True)
class Roster:
    """Roles and the labels that stand for them; labels compare as `normalised` says.

    Args:
        roles: labels by role, for example ``{"patient": ["Patient", "Client"]}``.
    """

    roles: Mapping[str, tuple[str, ...]]

    @cached_property
    def role_by_label(self) -> dict[str, str]:
        """Role by normalised label; a role's own name is one of its labels."""
        return {normalised(label): role for role, labels in self.roles.items() for label in (role, *labels)}

    def role(self, label: str) -> str | None:
        """The role of a label, or None where the roster doesn't know it."""
        return self.role_by_label.get(normalised(label))

    def roles_of(self, speakers: pl.Series) -> pl.Series:
        """The role of each speaker in a String series, null where unknown. Looks each distinct label up once."""
        labels = speakers.unique().drop_nulls()
        known = {label: role for label in labels if (role := self.role(label)) is not None}
        return speakers.replace_strict(known, default=None, return_dtype=pl.String)

    def likely(self, label: str) -> str | None:
        """The known label that is one edit away from an unknown one, such as ``therapist`` for ``Threapist``."""
        return nearest(normalised(label), self.role_by_label)


def nearest(label: str, known: Iterable[str]) -> str | None:
    """The first of `known` that is one edit from `label`, both at least 4 characters long; else None."""
    return next((other for other in known if len(other) >= 4 and one_edit_apart(label, other)), None)


def one_edit_apart(one: str, other: str) -> bool:
    """True if one insertion, deletion, substitution or swap of neighbours turns `one` into `other`.

    That is a Damerau-Levenshtein distance (optimal string alignment) of exactly 1.
    """
    if one == other or abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    a, b = one[start:], other[start:]
    return a[1:] == b[1:] or a[1:] == b or a == b[1:] or (a[:2] == b[:2][::-1] and a[2:] == b[2:])
