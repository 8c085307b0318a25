"""A page as a parser sees it, for tests that must not trust how it was written."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

_EMPTY = {"meta", "link", "path", "rect", "img", "br", "hr", "input", "line"}


class Parsed(HTMLParser):
    """Elements with their attributes, in order; text by the innermost element it stands in."""

    def __init__(self, page: Path) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.closed = True
        self._open: list[str] = []
        self.source = page.read_text(encoding="utf-8")
        self.feed(self.source)
        self.close()
        self.closed = self.closed and not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in _EMPTY:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop() != tag:
            self.closed = False

    def handle_data(self, data: str) -> None:
        self.texts.append((self._open[-1] if self._open else "", data))

    def within(self, tag: str) -> list[str]:
        """The texts directly in elements of this name."""
        return [text for innermost, text in self.texts if innermost == tag]

    def values(self, attribute: str) -> list[str]:
        """The values of an attribute, on whatever element."""
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    @property
    def text(self) -> str:
        """All text, with spaces as a reader sees them."""
        return " ".join("".join(text for _, text in self.texts).split())
