"""What each page shows: filters -> frozen contexts, put together from metrics and lists."""
