"""The page that sets builds up to push."""
