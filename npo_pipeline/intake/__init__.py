"""From rows to tables of the books: pupils, scores, schools and their boards, reports of boards."""
