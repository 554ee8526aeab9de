"""What `manage.py doctor` looks at: each check yields findings, one with what to mend."""
