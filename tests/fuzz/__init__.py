"""Bytes that no one would send on purpose: nothing crashes, nothing hangs, no text is lost."""
