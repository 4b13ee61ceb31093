"""Hostile model files, by kind."""
