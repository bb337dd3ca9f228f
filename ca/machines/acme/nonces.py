"""Nonces (RFC 8555 clause 6.5): a time, chance and a MAC. Giving one out writes nothing; spending one leaves a mark."""

from datetime import UTC, datetime, timedelta
from hmac import compare_digest, digest

from ledger.clock import Randomness
from ledger.ledger import Ledger
from ledger.replay import spend
from pki.base64url import decode, encode
from pki.errors import ParseError

LIVES = timedelta(hours=1)
_TIME, _CHANCE, _MAC = 6, 12, 12
_AHEAD = timedelta(seconds=5)


class Nonces:
    """Gives and takes nonces under a key that all listeners of the installation share."""

    def __init__(self, key: bytes, randomness: Randomness) -> None:
        self._key = digest(key, b"laotrust acme nonces 1", "sha256")
        self._randomness = randomness

    def new(self, now: datetime) -> str:
        """A nonce that is taken once within the hour."""
        head = int(now.timestamp() * 1000).to_bytes(_TIME, "big") + self._randomness(_CHANCE)
        return encode(head + self._mac(head))

    def spent_first(self, ledger: Ledger, nonce: str, now: datetime) -> bool:
        """Whether the nonce is ours, fresh, and used for the first time; from now on it is used."""
        made = self._made(nonce)
        if made is None or not now - LIVES < made <= now + _AHEAD:
            return False
        return spend(ledger, "acme", nonce, made + LIVES)

    def _made(self, nonce: str) -> datetime | None:
        try:
            octets = decode(nonce)
        except ParseError:
            return None
        head, mac = octets[: _TIME + _CHANCE], octets[_TIME + _CHANCE :]
        if len(octets) != _TIME + _CHANCE + _MAC or not compare_digest(mac, self._mac(head)):
            return None
        return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int.from_bytes(head[:_TIME], "big"))

    def _mac(self, head: bytes) -> bytes:
        return digest(self._key, head, "sha256")[:_MAC]
