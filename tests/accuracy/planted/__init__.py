"""Defects and lures, by where they come from."""
