"""All SQL of the program: a file per noun, and in it a function per question."""
