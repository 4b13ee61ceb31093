"""Redis or Valkey: the client and counters shared by all processes."""
