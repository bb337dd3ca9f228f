"""Why a key cannot be used."""


class KeyUnusable(Exception):
    """The key cannot be opened or does not sign; the sentence says what to do, and never holds a secret.

    `code` is for the words in another language (`web/words/tokens.py`).
    """

    def __init__(self, sentence: str, code: str = "key.unusable") -> None:
        super().__init__(sentence)
        self.code = code
