"""How projections advance, are rebuilt and verified, whatever they hold."""
