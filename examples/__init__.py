"""Relying services and sample data: what others would write, kept here to be read, run and tested."""
