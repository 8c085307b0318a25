"""The file ``turnproof.toml``: which settings it has, and at which lines."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

from schemas.errors import InputError

FILE: Final = Path("turnproof.toml")
"""Where settings are looked for, in the folder that a command runs in."""


def written() -> dict[str, int]:
    """The settings of the file with their lines.

    Raises:
        InputError: if it can't be read.
    """
    try:
        text = FILE.read_text("utf-8")
        found = tomllib.loads(text)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{FILE}:{line[1]}" if line else str(FILE)
        reason = str(error).partition(" (at")[0] if line else getattr(error, "strerror", "it is no UTF-8")
        raise InputError(
            f"{place}: expected settings in TOML, found that it can't be read: {reason}; mend it"
        ) from None
    lines = dict.fromkeys(found, 1)
    for number, each in enumerate(text.splitlines(), 1):
        key = re.match(r"""\s*\[?\s*["']?([\w-]+)["']?\s*[].=]""", each)
        if key and lines.get(key[1]) == 1:
            lines[key[1]] = number
    return lines
