"""Benchmarks, and the corpus they run over."""
