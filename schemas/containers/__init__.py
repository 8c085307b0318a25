"""Compressed files and archives, as what holds sources.

The standard library's `zipfile` and `tarfile` are not used to read, as they can't be made to fail small: both give up
on all members for one that is odd, and hold an object for each before a limit can be looked at; in versions of Python
that are around, they take quadratic time over headers (CVE-2024-6232), run in circles (CVE-2025-8194), or open members
that overlap (CVE-2024-0450); and `tarfile` takes a damaged header for the end of the archive. What reading needs of the
two formats is little, and tests hold it against what these libraries write.
"""
