"""HTTP itself: connections, the middleware, limits, responses, logs and metrics."""
