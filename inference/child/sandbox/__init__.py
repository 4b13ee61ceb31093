"""The sandbox that a child enters before it opens a model, which may be hostile."""
