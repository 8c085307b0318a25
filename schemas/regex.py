"""Regexes that are compiled when something is first looked for by them.

Nearly each module has one, and few are needed to read and judge one file: to compile all would take a tenth of that.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any, AnyStr, cast


class _Lazy:
    """Stands for a `re.Pattern` and makes it once one of its attributes is asked for."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self._pattern = pattern
        self._flags = flags

    @cached_property
    def _made(self) -> re.Pattern[Any]:
        return re.compile(self._pattern, self._flags)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            # Asked for by whoever copies or pickles it, when it has no pattern yet.
            raise AttributeError(name)
        # Asked for what isn't there yet only: from the second time on the attribute is found.
        found = getattr(self._made, name)
        setattr(self, name, found)
        return found


def regex(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """What `re.compile` makes of a pattern, made when it is first used.

    A pattern that is no regex fails only then, with `re.error`, so it must be one of the program's own.
    """
    return cast("re.Pattern[AnyStr]", _Lazy(pattern, flags))
