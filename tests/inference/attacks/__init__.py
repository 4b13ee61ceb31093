"""A corpus of hostile model files, and of model processes that were taken over."""
