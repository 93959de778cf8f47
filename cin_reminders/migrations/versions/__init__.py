"""One file a version of the ledger, never changed once released."""
