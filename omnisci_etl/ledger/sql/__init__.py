"""SQL of the ledger itself."""
