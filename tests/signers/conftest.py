from tests.softhsm import token

__all__ = ["token"]
