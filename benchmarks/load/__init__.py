"""A company at work: people who read, builds that push, and syncs, all at once."""
