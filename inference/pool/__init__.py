"""Model processes on this machine: start, batching, limits, losses."""
