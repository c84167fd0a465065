"""What a rule counts: pupils, scores above their threshold, cumi pupils above the first four."""
