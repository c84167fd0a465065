"""The story that `npo demo` runs."""
