"""Metrics for Prometheus, counted from the store, so that they survive whatever happens to the service."""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from threading import Lock
from typing import Final

import polars as pl
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric, SummaryMetricFamily
from prometheus_client.registry import Collector

from flows.settings import Settings
from schemas.columns import GATES, SEVERITIES, VERDICTS
from schemas.store import Store

FRESH: Final = 10.0
"""Seconds for which counts are good: who asks oftener gets the same."""


class StoreMetrics(Collector):
    """Counts of finished runs; where retention has taken rows out of the store, they begin anew, as after a reset.

    Attributes:
        queue: how many drops wait; whoever asks for metrics sets it before.
    """

    def __init__(self, settings: Settings) -> None:
        self.queue = 0
        self._store = Store(settings.store)
        self._lock = Lock()
        self._kept: tuple[float, list[Metric]] | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing beforehand: to tell the names would take counting."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All metrics.

        Raises:
            StoreError: if the store can't be read.
        """
        with self._lock:
            if self._kept is None or time.monotonic() - self._kept[0] > FRESH:
                self._kept = time.monotonic(), list(self._counted())
            found = self._kept[1]
        queue = GaugeMetricFamily("turnproof_queue_length", "Drops that are not complete yet, or wait for a run")
        queue.add_metric([], self.queue)
        return [*found, queue]

    def last_run(self) -> datetime | None:
        """When the last run finished.

        Raises:
            StoreError: if the store can't be read.
        """
        found = self._store.scan("runs").select(pl.col("finished").max()).collect().item()
        return found if isinstance(found, datetime) else None

    def _counted(self) -> Iterable[Metric]:
        runs = self._store.runs()
        drops = CounterMetricFamily("turnproof_drops", "Finished runs on drops by gate", labels=["gate"])
        for gate in GATES:
            drops.add_metric([gate], int((runs["gate"] == gate).sum()))
        transcripts = CounterMetricFamily("turnproof_transcripts", "Transcripts by verdict", labels=["verdict"])
        for verdict in VERDICTS:
            transcripts.add_metric([verdict], _sum(runs[f"transcripts_{verdict}"]))
        sources = CounterMetricFamily("turnproof_sources", "Sources that were judged")
        sources.add_metric([], sum(_sum(runs[name]) for name in (*VERDICTS, "unreadable")))
        turns = CounterMetricFamily("turnproof_turns", "Turns that were judged")
        turns.add_metric([], _sum(runs["turns"]))
        size = CounterMetricFamily("turnproof_bytes", "Bytes that were judged")
        size.add_metric([], _sum(runs["bytes"]))
        findings = CounterMetricFamily(
            "turnproof_findings", "Findings by code of the expectation and its severity", labels=["code", "severity"]
        )
        tallies = self._store.scan("outcomes").group_by("code", "severity").agg(pl.col("findings").sum())
        for code, severity, count in tallies.sort("code", "severity").collect().iter_rows():
            findings.add_metric([code, severity if severity in SEVERITIES else ""], count)
        lasted = _sum((runs["finished"] - runs["started"]).dt.total_microseconds()) / 1e6
        seconds = SummaryMetricFamily(
            "turnproof_run_seconds", "How long runs took", count_value=len(runs), sum_value=lasted
        )
        last = GaugeMetricFamily(
            "turnproof_last_run_timestamp_seconds", "When the last run finished, in seconds since 1970"
        )
        if len(runs):
            last.add_metric([], runs["finished"].dt.epoch("ms")[-1] / 1000)
        about = GaugeMetricFamily("turnproof_info", "The version", labels=["version"])
        about.add_metric([version("turnproof")], 1)
        return [drops, transcripts, sources, turns, size, findings, seconds, last, about]


def _sum(column: pl.Series) -> int:
    return int(column.sum())
