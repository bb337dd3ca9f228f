"""Why a key cannot be used."""


class KeyUnusable(Exception):
    """The key cannot be opened or does not sign; the sentence says what to do, and never holds a secret."""
