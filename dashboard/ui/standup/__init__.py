"""The stand-up as its page, its Markdown and its digests tell it."""
