"""The pages: each view reads its input, calls a function or two, and answers."""
