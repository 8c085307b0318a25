"""Publish the site: the store, and what the catalogue says of each expectation."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from expectations.catalogue import catalogue
from expectations.document import examples
from flows.options import settings_of
from flows.pool import spread
from reports.overview import Example, Explained
from reports.site import publish as publish_site
from reports.veil import Amount
from schemas.store import Store


def publish(store: Store, site: Path, text: Amount | None = None) -> Path:
    """Write the site under the folder `site`, and return the path of its front page.

    Args:
        store: where the runs are.
        site: the folder.
        text: how much of the transcripts' text it contains; what the settings say by default.

    Raises:
        InputError: if `site` can't be written to, or a setting is wrong.
        StoreError: if the store can't be read.
    """
    return publish_site(store, site, explained(), text or settings_of().text_at(site), spread)


@cache
def explained() -> tuple[Explained, ...]:
    """What the catalogue says of each expectation."""
    return tuple(
        Explained(
            code=rule.code,
            rule=rule.name,
            scope=rule.scope,
            severity=rule.severity,
            since=rule.since,
            brief=rule.brief,
            why=rule.section("Why it matters"),
            remedy=rule.section("What to do"),
            about_thresholds=rule.section("Thresholds"),
            thresholds=tuple((name, json.dumps(value, ensure_ascii=False)) for name, value in rule.thresholds.items()),
            examples=tuple(Example(title, "\n".join(lines)) for title, lines in examples(rule)),
        )
        for rule in catalogue().values()
    )
