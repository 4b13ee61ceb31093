"""Model processes on this machine: starting, batching, limits, losses."""
