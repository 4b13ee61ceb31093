"""Input rows: the accepted shapes, their checks against a signature, their encoding, errors."""
