"""From rows to what the rules need: pupils, cumi pupils, scores, and who holds which school."""
