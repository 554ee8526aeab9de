"""What people say: notes, mutes, exclusions, joins, aliases; each with who and when."""
