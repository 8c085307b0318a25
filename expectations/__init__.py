"""What must hold: the expectations, the suites that choose among them, evaluation, verdicts and repair."""
