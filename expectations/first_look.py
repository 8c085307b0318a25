"""Which turns may violate what: one pass over all texts for the signs of all expectations, and cheap expressions."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from expectations.plan import Plan


def looked_at(turns: pl.DataFrame, plan: Plan) -> Iterator[pl.Series]:
    """The numbers of the rows where each violation of `plan.turns` may apply, in its order.

    Each text is read once for the signs of all; only where one of them stands it is asked whose it is.
    """
    violations = [each for _, some in plan.turns for each in some]
    near = turns.lazy().select("text").with_row_index("row")
    if plan.signs is not None:
        near = near.filter(pl.col("text").str.contains(plan.signs))
    signs = {str(place): pl.col("text").str.contains(each.signs) for place, each in enumerate(violations) if each.signs}
    looks = {
        str(place): each.when if each.maybe is None else each.maybe
        for place, each in enumerate(violations)
        if each.maybe is not None or each.signs is None
    }
    told = near.select("row", **signs).collect() if signs else pl.DataFrame()
    # Lazy, so that two violations with the same `maybe` pay for it once. Null counts as true: it is to be looked at.
    flags = turns.lazy().select(**looks).select(pl.all().fill_null(True)).collect() if looks else pl.DataFrame()
    for name in map(str, range(len(violations))):
        rows = [told["row"].filter(told[name])] if name in signs else []
        rows += [flags[name].arg_true()] if name in looks else []
        yield rows[0] if len(rows) == 1 else pl.concat(rows).unique().sort()
