"""``python -m flows`` is ``turnproof``."""

from flows.cli import main

main()
