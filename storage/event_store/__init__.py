"""The event store: appending events, reading them, aggregates in memory."""
