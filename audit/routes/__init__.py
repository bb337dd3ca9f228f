"""The routes of this house: all public, all reading."""
