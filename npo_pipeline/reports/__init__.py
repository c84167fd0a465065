"""What is told of the books: explanations and reports, made from frames, without a home and without a clock."""
