"""From JSON values to the rows that a model process takes."""
