"""The one route of the responder."""
