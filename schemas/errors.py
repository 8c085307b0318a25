"""Everything Turnproof raises on purpose, as one tree.

    TurnproofError
    ├── InputError      a path, an option or a drop that can't be worked on
    ├── SuiteError      a suite that is wrong, with the line where
    ├── ContractError   a frame that breaks the contract of its boundary
    └── StoreError      a store that can't be opened, read or written
        └── BusyError   another run holds the drop

A message is one sentence in four parts: what was expected, what was found, where, and what to do.

`SourceError` stands beside the tree: it concerns one source, and becomes a finding.
"""

from __future__ import annotations


class TurnproofError(Exception):
    """The base of every error that a person can mend; the command line prints it without a traceback."""


class InputError(TurnproofError):
    """A path, an option or a drop that can't be worked on."""


class SuiteError(TurnproofError):
    """A suite that is wrong; the message begins with file and line."""


class ContractError(TurnproofError):
    """A frame that breaks the contract of its boundary; the message holds columns and counts, never values."""


class StoreError(TurnproofError):
    """A store that can't be opened, read or written."""


class BusyError(StoreError):
    """Another run holds the drop; it does the work, this one says so."""


class SourceError(Exception):
    """What keeps one source from being read; where sources are listed and loaded, it becomes a problem of theirs.

    Args:
        kind: the kind of problem, see `schemas.columns.PROBLEMS`.
        detail: what is the matter, and what to do.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail
