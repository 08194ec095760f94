"""What a case decides, step by step: deterministic code that Temporal replays. No effect happens here."""
