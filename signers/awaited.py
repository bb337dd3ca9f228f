"""A key that is not at hand now. Its public half is known, and whoever needs it has it looked for once more."""

import threading
from collections.abc import Callable

from pki.keys import algorithm_of
from pki.signing import Signer, require_at_hand
from signers.errors import KeyUnusable


class AwaitedKey:
    """A Signer that opens its key when it is first needed, and each time again until it is there.

    `open_key` opens it or raises KeyUnusable; another key than that of `public_key` (DER) is as good as none.
    """

    in_device = True
    """See `pki.signing.waits_for_a_device`: it may take long until it is known to be away."""

    def __init__(self, uri: str, public_key: bytes, open_key: Callable[[str], Signer]) -> None:
        self.public_key, self.algorithm = public_key, algorithm_of(public_key)
        self._uri, self._open, self._lock = uri, open_key, threading.Lock()
        self._real: Signer | None = None

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`. Raises KeyUnusable."""
        return self._opened().sign(message)

    def require(self) -> None:
        """The key is at hand. Raises KeyUnusable."""
        require_at_hand(self._opened())

    def _opened(self) -> Signer:
        with self._lock:
            if self._real is None:
                found = self._open(self._uri)
                if found.public_key != self.public_key:
                    raise KeyUnusable(f"the key at {self._uri} is not the issuer's: correct the URI")
                self._real = found
            return self._real
