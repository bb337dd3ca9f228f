"""The CA's own facts: a module a room. `migrations/tables.py` lists them."""
