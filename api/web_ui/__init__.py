"""The built web page and which requests get it."""
