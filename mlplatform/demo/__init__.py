"""The demo: sample models and their history."""
