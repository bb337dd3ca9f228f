"""Why a ceremony comes no further: a sentence that says what exactly, and a code for the words that say what to do."""


class CeremonyFailed(Exception):
    """A step could not be done; the sentence says which and what to do. Run the ceremony again afterwards.

    `code` is for the words in Lao and English (`web/words/ceremonies.py`).
    """

    def __init__(self, sentence: str, code: str = "ceremony.failed") -> None:
        super().__init__(sentence)
        self.code = code
