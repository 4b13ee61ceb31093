"""Password rules, hashing, and limits on failed attempts."""
