"""The live feed: server-sent events about models and their calls."""
