"""How projections advance, are rebuilt and verified; knows no single projection."""
