"""The steps by which an older ledger becomes a newer one; Alembic walks them."""
