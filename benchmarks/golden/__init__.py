"""Every page and answer of one commit on the same data, to compare with another's."""
