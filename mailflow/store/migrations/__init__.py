"""Alembic's folder. `env` runs inside the transaction that `store.migrate` opened."""
