"""Tokens: counted by a tokenizer that a suite names, from a file on this machine; nothing is ever downloaded.

A tokenizer is a ``tokenizer.json`` as the package `tokenizers` reads it: a path, or ``package:NAME/…`` for one that an
installed package ships with its vocabulary. `tokenizers` is imported only where a suite names one.

A count is exact for the texts of the turns, each by itself. Bounds that hold for any text spare most of the work:
a token covers a byte at least and the longest of the vocabulary at most.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from schemas.errors import InputError
from schemas.files import stamp

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER: Final = "tokenizer"
"""The threshold of this name, of whatever expectation, names a tokenizer."""

PACKAGE: Final = "package:"
"""What a tokenizer's name begins with where a package ships it."""

BYTES_A_TOKEN: Final = 4
"""What an estimate takes for a token. English has four characters a token (OpenAI's rule of thumb), and so many bytes
are about right for other scripts, too, with vocabularies of 100,000 tokens and more."""

_GROWTH: Final = 11
"""The most that a normalizer makes of a text, in bytes: Unicode's NFKC, of U+FDFA."""

_CHARACTERS_AT_ONCE: Final = 2_000_000


@dataclass(frozen=True)
class Counter:
    """A tokenizer as a counter.

    Attributes:
        tokenizer: of the package `tokenizers`.
        growth: how many tokens a byte may come to.
        longest: the longest token in bytes.
    """

    tokenizer: Tokenizer
    growth: int
    longest: int

    def counts(self, texts: Sequence[str]) -> list[int]:
        """The tokens of each text, without any that a template adds."""
        found: list[int] = []
        for some in _pieces(texts):
            found += map(len, self.tokenizer.encode_batch_fast(some, add_special_tokens=False))
        return found

    def most(self, size: pl.Expr, texts: pl.Expr) -> pl.Expr:
        """No fewer tokens than texts of so many bytes can have; a tokenizer may begin each with a blank."""
        return self.growth * (size + texts)

    def fewest(self, size: pl.Expr) -> pl.Expr:
        """No more tokens than so many bytes have at least; 0 where a normalizer may take out any of them."""
        return size // self.longest if self.growth == 1 else pl.lit(0)


def located(name: str, folder: Path) -> Path:
    """The file that a tokenizer's name stands for.

    Args:
        name: a path, from `folder`; or ``package:NAME/…``, a file in an installed package.
        folder: where whoever named it stands.

    Raises:
        InputError: if there is no such package.
    """
    if not name.startswith(PACKAGE):
        return (folder / Path(name).expanduser()).resolve()
    package, _, inner = name.removeprefix(PACKAGE).partition("/")
    spec = find_spec(package) if package.isidentifier() else None
    places = [] if spec is None else [Path(place) for place in spec.submodule_search_locations or ()]
    inside = [found for place in places if (found := (place / inner).resolve()).is_relative_to(place.resolve())]
    if not inside:
        raise InputError(f'expected an installed package and a file in it, found "{name}"; install it, or name a path')
    return next((found for found in inside if found.is_file()), inside[0])


def counter(file: str) -> Counter:
    """The counter of a tokenizer's file.

    Raises:
        InputError: if there is none, it can't be read as one, or the package `tokenizers` isn't installed.
    """
    try:
        return _counter(file, stamp(Path(file)))
    except OSError as error:
        raise InputError(
            f"expected the tokenizer.json of a tokenizer, found {error.strerror}; check the path"
        ) from None


def tokens_of(turns: pl.DataFrame, tokenizer: str | None) -> pl.DataFrame:
    """The tokens of each transcript among turns: transcript_key, tokens; null where no tokenizer is named.

    Raises:
        InputError: as `counter` does.
    """
    if tokenizer is None:
        return turns.select("transcript_key", tokens=pl.lit(None, pl.UInt64)).unique()
    counts = pl.Series("tokens", counter(tokenizer).counts(turns["text"].to_list()), dtype=pl.UInt64)
    return turns.select("transcript_key", counts).group_by("transcript_key").agg(pl.col("tokens").sum())


def fingerprint(file: str) -> str:
    """What stands for the content of a tokenizer's file: its SHA-256, or nothing where it can't be read."""
    try:
        return sha256(Path(file).read_bytes()).hexdigest()
    except OSError:
        return ""


@lru_cache(maxsize=4)
def _counter(file: str, _stamp: tuple[int, ...]) -> Counter:
    try:
        from tokenizers import Tokenizer  # noqa: PLC0415 - a quarter of a second, for those who name a tokenizer
    except ImportError:
        raise InputError(
            "expected the package tokenizers, found it isn't installed; pip install 'turnproof[tokens]'"
        ) from None
    try:
        text = Path(file).read_text("utf-8")
        told: dict[str, Any] = json.loads(text)
        tokenizer = Tokenizer.from_str(text)
        # A file may say to cut and to pad, which is for models.
        tokenizer.no_truncation()
        tokenizer.no_padding()
        vocabulary = tokenizer.get_vocab()
    except OSError:
        raise
    except Exception as error:
        found = str(error).partition("\n")[0][:100]
        remedy = "download the file again, or name another"
        raise InputError(f"expected the tokenizer.json of a tokenizer, found that {found}; {remedy}") from None
    if not vocabulary:
        raise InputError("expected a tokenizer with a vocabulary, found none in it; name another file")
    return Counter(tokenizer, 1 if _by_byte(told) else _GROWTH, max(len(token.encode()) for token in vocabulary))


def _by_byte(told: dict[str, Any]) -> bool:
    """Whether each byte of a text comes to one token at most, and stands for itself."""
    splitter: dict[str, Any] = told.get("pre_tokenizer") or {}
    parts: list[dict[str, Any]] = splitter.get("pretokenizers", [splitter])
    model: dict[str, Any] = told.get("model") or {}
    by_byte = any(part.get("type") == "ByteLevel" for part in parts)
    return told.get("normalizer") is None and model.get("type") == "BPE" and by_byte


def _pieces(texts: Sequence[str]) -> Iterator[list[str]]:
    """Texts in order, a few megabytes at a time: what the tokenizer makes of them takes many times more."""
    some, size = list[str](), 0
    for text in texts:
        some.append(text)
        size += len(text)
        if size >= _CHARACTERS_AT_ONCE:
            yield some
            some, size = [], 0
    if some:
        yield some
