"""The validation house's routes."""
