"""A tokenizer of our own: small, trained in a moment, with bytes as its letters, like those of today's models."""

from __future__ import annotations

from pathlib import Path

from tests.conftest import SEEDS


def written(path: Path) -> Path:
    """Write it to a file, with the settings to cut and to pad that such files come with."""
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    splitter = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.pre_tokenizer = splitter
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=splitter.alphabet(), special_tokens=["<|end|>"], show_progress=False
    )
    made.train_from_iterator((file.read_text("utf-8") for file in sorted(SEEDS.glob("*.txt"))), trainer)
    made.enable_truncation(16)
    made.enable_padding(length=16)
    made.save(str(path))
    return path
