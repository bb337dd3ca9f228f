"""What was said lately, by the octets that asked for it: in two generations, so that what is asked often stays."""

from web.serving import Kept

MOST_KEPT, MOST_KEPT_OCTETS = 32_768, 32 * 1024 * 1024
"""Replies, and octets of them and their questions, in each generation.

A reply under a post-quantum signature takes ten times the octets of one under P-256.
"""


class Recent:
    """Replies that may be given again; who gives one looks whether its time is over. For one thread."""

    def __init__(self) -> None:
        self.newer: dict[bytes, Kept] = {}
        """Another dictionary after each generation."""
        self.older: dict[bytes, Kept] = {}
        self._octets = 0
        """Of what is in the newer generation."""

    def find(self, asked: bytes) -> Kept | None:
        """What was said to this; it stays a generation longer."""
        kept = self.newer.get(asked)
        if kept is None and (kept := self.older.get(asked)) is not None:
            self.keep(asked, kept)
        return kept

    def keep(self, asked: bytes, reply: Kept) -> None:
        """This is said to whoever asks the same."""
        if asked not in self.newer:
            self._octets += len(asked) + len(reply[0])
            if len(self.newer) >= MOST_KEPT or self._octets > MOST_KEPT_OCTETS:
                self.newer, self.older, self._octets = {}, self.newer, len(asked) + len(reply[0])
        self.newer[asked] = reply

    def forget(self) -> None:
        """Nothing was said."""
        self.newer, self.older, self._octets = {}, {}, 0
