"""The formats, one a file; a new file with a ``FORMAT`` is all it takes."""
