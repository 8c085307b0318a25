"""Archives and compressed files that tests make, and what is read of them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from backports import zstd

from expectations.suite import Suite
from schemas.listing import Source, list_sources
from schemas.loading import load
from schemas.reading import Batch, read

SAMPLES = Path(__file__).parent.parent / "samples"
SOUND = b"Patient: I slept badly.\n\nTherapist: What kept you up?\n"

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "zst": zstd.compress,
}


def zip_of(named: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in named.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def tar_of(named: dict[str, bytes], form: int = tarfile.PAX_FORMAT, **fields: object) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in named.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            for field, value in fields.items():
                setattr(info, field, value)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def listed(tmp_path: Path, data: bytes) -> list[Source]:
    """The sources of an archive; its name tells nothing of what it is."""
    (tmp_path / "drop").write_bytes(data)
    return list_sources(tmp_path / "drop", within=True)


def batch_of(tmp_path: Path, data: bytes, suite: Suite) -> Batch:
    return read(load(listed(tmp_path, data)), suite.roster)


def problems(batch: Batch) -> dict[str, tuple[str, str]]:
    """Kind and detail of each source's problem, by path."""
    rows = batch.problems.join(batch.sources.select("source_key", "path"), on="source_key")
    return {path: (kind, detail) for path, kind, detail in rows.select("path", "kind", "detail").iter_rows()}
