"""The read tables, each with its projection and its queries."""
