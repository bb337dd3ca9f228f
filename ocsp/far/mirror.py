"""A responder without a key, behind the same doors as the other: what was asked is looked up in a mapped bundle.

It answers exactly what was signed for exactly that question, while it counts; everything else it says it cannot
tell (`unauthorized`, RFC 9919 clause 3.2.3). A nonce is not echoed, since nothing is signed here.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Lock, Thread

from ledger.clock import Clock
from ocsp.book import Book
from ocsp.far.bundle import Bundle
from ocsp.far.seals import digest_of, verify_bundle, verify_moment
from ocsp.far.shelf import RolledBack, Shelf
from ocsp.policy import CLOCK_TOLERANCE, MAX_AGE
from ocsp.reply import Changed, Reply, caching, refused, signed_reply
from pki.errors import ParseError
from pki.ocsp import Refusal, StatusRequest, parse_request

LOOK_EVERY = timedelta(seconds=1)
TRY_AGAIN_AFTER = timedelta(minutes=1)
"""What was wrong with a bundle that was not taken up may pass: a clock that was behind, a machine short of memory."""
OLD_AFTER = timedelta(days=1)
"""A mirror that got nothing new for longer says so (`fault`); it goes on answering while its answers count."""


class Mirror:
    """Answers from the newest bundle on a shelf. Safe to call from several threads.

    A newer bundle is looked for every second and judged in a thread of its own, which with millions of rows takes a
    while; an older or a false one is never taken up: then the one before goes on, as it does meanwhile.
    """

    def __init__(self, shelf: Shelf, roots: Sequence[bytes], clock: Clock) -> None:
        """Opens and verifies the bundle. Raises PkiError, or FileNotFoundError if there is none yet."""
        self._shelf, self._roots, self._clock = shelf, tuple(roots), clock
        self._looking = Lock()
        self._trouble: str | None = None
        self._changed: list[Changed] = []
        self._seen = self._mark()
        self.bundle = self._verified()
        self._looked_at = self._tried_at = clock.now()

    def respond(self, request: bytes) -> Reply:
        """The reply to the octets of a request."""
        self._look_if_due()
        try:
            asked = parse_request(request)
        except ParseError as fault:
            return refused(Refusal.MALFORMED_REQUEST, "oversize" if fault.code == "ocsp.oversize" else "malformed")
        return self._answer(asked, self._clock.now())

    def at_once(self, request: bytes) -> Reply:
        """The same: nobody waits for a key here."""
        return self.respond(request)

    def prepared(self, _request: bytes, _now: float) -> None:
        """Nothing: what is said here was signed elsewhere, and may be kept."""

    def share(self, book: Book) -> None:
        """Nothing is signed here, so nothing need be kept."""

    def fresh_until(self) -> float:
        """For a second more what was said may be said again; a newer bundle is looked for meanwhile."""
        self._look_if_due()
        return (self._clock.now() + LOOK_EVERY).timestamp()

    def watch(self, changed: Changed) -> None:
        """Calls `changed` after each bundle that is taken up."""
        self._changed.append(changed)

    def age(self) -> timedelta:
        """How long ago the bundle was made."""
        return self._clock.now() - self.bundle.made_at

    def fault(self) -> str | None:
        """What an operator should see to; None when all is well."""
        if self._trouble:
            return self._trouble
        return f"the bundle is {self.age()} old: fetch a newer one" if self.age() > OLD_AFTER else None

    def _answer(self, asked: StatusRequest, now: datetime) -> Reply:
        certificate = asked.certificates[0]
        digest = certificate.digest or "unknown"
        found = self.bundle.asked(certificate)
        if found is None or len(asked.certificates) > 1:
            return refused(Refusal.UNAUTHORIZED, "unauthorized", digest)
        part, form = found
        place = part.find(certificate.serial_number) if certificate.serial_number > 0 else None
        # The signed answer has the CertID in the one form in which nearly all clients send it.
        if place is None or certificate.der != part.certificate_id(certificate.serial_number, digest).der:
            return refused(Refusal.UNAUTHORIZED, "unauthorized", digest)
        row = part.row(place)
        # So that no cache has it when its time is over.
        if not row.this_update - CLOCK_TOLERANCE <= now < row.next_update - MAX_AGE:
            return refused(Refusal.TRY_LATER, "not-fresh", digest)
        body = part.answer(row, form)
        until = int(row.next_update.timestamp())
        dates = caching(int(row.this_update.timestamp()), until)
        outcome, etag = type(row.status).__name__.lower(), sha256(body).hexdigest()
        return signed_reply(body, outcome, digest, dates, etag, until - MAX_AGE.total_seconds())

    def look(self) -> None:
        """A newer bundle is taken up, if there is one and it is a good one. Does nothing while another thread looks."""
        if self._looking.acquire(blocking=False):
            try:
                self._looked_at, mark = self._clock.now(), self._mark()
                again = self._trouble is not None and abs(self._looked_at - self._tried_at) >= TRY_AGAIN_AFTER
                if mark != self._seen or again:
                    self._seen, self._tried_at = mark, self._looked_at
                    self._take_up()
            finally:
                self._looking.release()

    def _look_if_due(self) -> None:
        now = self._clock.now()
        if abs(now - self._looked_at) >= LOOK_EVERY and not self._looking.locked():
            self._looked_at = now
            Thread(target=self.look, name="bundle", daemon=True).start()

    def _take_up(self) -> None:
        try:
            bundle = self._newer()
        except Exception as fault:  # noqa: BLE001 - whatever is wrong with it: nobody else would hear of it
            self._trouble = f"the newest bundle is not taken up: {fault}"
            return
        self.bundle, self._trouble = bundle, None
        for changed in self._changed:
            changed()

    def _newer(self) -> Bundle:
        bundle, had = self._verified(), self.bundle
        if bundle.number < had.number or (bundle.number == had.number and digest_of(bundle) != digest_of(had)):
            raise RolledBack(f"number {bundle.number} was put in place of {had.number}")
        return bundle

    def _verified(self) -> Bundle:
        bundle = self._shelf.bundle()
        if bundle is None:
            raise FileNotFoundError(f"{self._shelf.path} has no bundle yet: run `ocsp-mirror` first")
        verify_bundle(bundle, self._roots)
        verify_moment(bundle, self._clock.now())
        # What `bring` wrote down: a process that was just started remembers nothing itself.
        if bundle.number < self._shelf.newest():
            raise RolledBack(f"number {bundle.number} is here, and {self._shelf.newest()} was here before")
        return bundle

    def _mark(self) -> tuple[int, int]:
        """What changes with every bundle that is put in place."""
        try:
            found = self._shelf.bundle_file.stat()
        except FileNotFoundError:
            return (0, 0)
        return found.st_ino, found.st_mtime_ns
