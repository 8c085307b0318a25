"""Hostile text in every field stays text."""

from __future__ import annotations

import re
from pathlib import Path

from reports.rendering import TEMPLATES
from tests.reports.little_store import HOSTILE
from tests.reports.parsed import Parsed

ELEMENTS = {
    *(
        "html",
        "head",
        "meta",
        "title",
        "link",
        "script",
        "body",
        "header",
        "nav",
        "main",
        "footer",
        "section",
        "article",
    ),
    *(
        "aside",
        "figure",
        "figcaption",
        "h1",
        "h2",
        "p",
        "div",
        "span",
        "a",
        "b",
        "small",
        "code",
        "bdi",
        "time",
        "mark",
    ),
    *("del", "ins", "blockquote", "ol", "ul", "li", "dl", "dt", "dd", "details", "summary", "svg", "path", "rect"),
    *("form", "label", "input", "select", "option", "output", "template", "noscript", "figure", "h3", "pre", "kbd"),
    *("g", "line", "text"),  # what charts are drawn with
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {
    *("lang", "charset", "http-equiv", "content", "name", "rel", "href", "type", "src", "class", "id", "title", "dir"),
    *("role", "scope", "tabindex", "aria-label", "aria-hidden", "aria-current", "aria-labelledby", "datetime"),
    "download",
    *("aria-live", "aria-sort", "autocomplete", "focusable", "hidden", "data-ago", "data-bar", "data-chunks"),
    *("data-choose", "data-value"),
    *("data-contains", "data-equals", "data-from", "data-href", "data-if", "data-moment", "data-number", "data-order"),
    *("data-rows", "data-search", "data-sort", "data-table", "data-text", "data-to", "data-told", "data-tools"),
    *("data-total", "data-turner", "data-unlike", "data-word", "value"),
    *("fill", "stroke", "stroke-width", "stroke-miterlimit", "opacity", "transform", "display", "x2", "y2"),
    *("text-anchor", "font-family", "font-size"),
    *("data-label", "data-copy", "viewbox", "preserveaspectratio", "width", "height", "x", "y", "d"),
}


def hostile_pages(site: Path) -> list[Path]:
    return [site / "index.html", *sorted((site / "runs" / HOSTILE).rglob("*.html"))]


def test_no_unexpected_element_or_attribute(site: Path) -> None:
    found = hostile_pages(site)
    assert len(found) == 4
    for path in found:
        page = Parsed(path)
        assert {tag for tag, _ in page.elements} <= ELEMENTS
        assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
        scripts = [attributes for tag, attributes in page.elements if tag == "script"]
        assert {tuple(attributes) for attributes in scripts} == {("src",)}
        assert not "".join(page.within("script")).strip()
        assert page.closed


def test_the_text_is_there_escaped(site: Path) -> None:
    for path in hostile_pages(site):
        page = Parsed(path)
        assert "<script>alert(1)</script>" in page.text
        assert "<script>alert(1)" not in page.source
        assert "{{ 7 * 7 }}" in page.text


def test_nothing_hidden_comes_out(site: Path) -> None:
    for path in hostile_pages(site):
        source = path.read_text(encoding="utf-8")
        assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\x00-\x08\x0b-\x1f\x7f-\x9f]", source)
        assert path.parent == site or "<U+202E>evil<U+202C>" in Parsed(path).text


def test_links_lead_nowhere_but_into_the_site(site: Path) -> None:
    for path in hostile_pages(site):
        page = Parsed(path)
        for link in [*page.values("href"), *page.values("src")]:
            assert re.fullmatch(
                r"(\.\./)*([a-z0-9-]+/)*[a-z0-9-]+\.(html|css|js|svg)|downloads/findings\.[a-z.]+|#[a-z0-9-]+", link
            )


def test_evidence_is_marked_even_in_hostile_text(site: Path) -> None:
    (page,) = (p for p in map(Parsed, hostile_pages(site)) if "quarantined" in p.text and "Where to look" in p.text)
    assert page.within("mark")[0] == "<script>alert(1)</script>"


def test_templates_never_switch_escaping_off() -> None:
    for template in TEMPLATES.iterdir():
        assert not re.search(r"safe\b|autoescape|style=|\son[a-z]+=", template.read_text(encoding="utf-8"))
