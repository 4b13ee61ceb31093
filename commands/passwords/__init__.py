"""Password rules, hashing, and limits on attempts."""
