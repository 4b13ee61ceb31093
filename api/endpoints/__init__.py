"""Typed endpoints: parsing, calling, answering and describing what routes declare."""
