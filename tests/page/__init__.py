"""Journeys through the page, in a real browser, on a platform that is served as in production."""
