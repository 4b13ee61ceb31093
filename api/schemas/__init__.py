"""JSON schemas that several routes share: what they send and what they accept."""
