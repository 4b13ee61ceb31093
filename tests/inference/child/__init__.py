"""What runs in a model's own process, tried in this one where that is possible."""
