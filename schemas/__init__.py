"""What a transcript is: frame contracts, formats, reading, and the store's tables."""
