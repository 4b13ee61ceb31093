"""Typed endpoints: parsing, calling, responding and documenting."""
