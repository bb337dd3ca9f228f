"""The one route of the time-stamp authority."""
