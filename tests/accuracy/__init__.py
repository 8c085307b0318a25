"""How right the checks are, measured on dialogues with known defects."""
