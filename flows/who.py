"""What `turnproof turns --roster` prints for people: who speaks in each source, and why they have their role."""

from __future__ import annotations

import polars as pl
from rich.box import ASCII2, ROUNDED
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.visible import visible_line


def show_labels(labels: pl.DataFrame) -> None:
    """Print a table for each source; `labels` are `schemas.labels.LABELS`."""
    console = Console(highlight=False)
    for (path, form), rows in labels.group_by("path", "format", maintain_order=True):
        title = Text(f"{path} ({form})")
        box = ROUNDED if console.is_terminal else ASCII2
        table = Table("label", "role", title=title, title_justify="left", box=box)
        table.add_column("turns", justify="right")
        table.add_column("from line", justify="right")
        table.add_column("why")
        for label, role, turns, line, why in rows.select("label", "role", "turns", "line", "why").iter_rows():
            shown = Text(visible_line(label) or "(nobody)")
            table.add_row(shown, Text(role or "none", "" if role else "red"), f"{turns:,}", f"{line:,}", Text(why))
        console.print(table)
