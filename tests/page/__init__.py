"""User journeys through the page, in a real browser, on a platform served as in production."""
