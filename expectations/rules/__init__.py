"""The expectations, one a file; a new file is all it takes."""
