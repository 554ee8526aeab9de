"""Pages shown to whoever holds a link: which, of what rows, to whom, until when."""
