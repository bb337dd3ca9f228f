"""SCEP at the door (RFC 8894), for devices that know nothing newer: octets in, octets out; off until it is switched on.

A first request is let in by the one-time code in its PKCS#10 (challengePassword), a renewal by the key of the machine's
certificate. What is asked for ends in `requests.take_up`, as with every protocol.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Protocol as Interface

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.configuration import current
from ca.machines.chain import chain
from ca.machines.doors import Doors, by_code
from ca.machines.fates import Fate, Issued, Refused, wait
from ca.machines.forms import wish_of
from ca.machines.proofs.scep import message_key, pack, unpack
from ca.machines.proofs.shown import bearer, certificate_counts
from ca.machines.requests import Asking, asked_before, code_opens, refuse, take_up
from ca.machines.rules import HOSTS, CredentialKind, Protocol
from ca.registration.enrolment import parsed
from ca.tables.machines import Allowance, MachineRequest, MachineTransaction
from ca.tables.registration import Enrolment
from ledger.certificates import Certificate, Intent
from ledger.decision import Refuse
from ledger.event import Actor
from ledger.ledger import Ledger, Taken
from pki.cms import certificates_only
from pki.errors import PkiError, Unsupported, WeakKey
from pki.keys import key_sha256
from pki.request import SigningRequest, challenge_password
from pki.scep.answer import Failure, Reply, Status
from pki.scep.envelope import enveloped, parse_envelope
from pki.scep.message import Identity, Kind, Message, identity_of, parse_message, verify_message
from pki.signing import Signer

CAPABILITIES = "AES\nPOSTPKIOperation\nRenewal\nSCEPStandard\nSHA-256\nSHA-384\nSHA-512\n"
"""What we can (clause 3.5.2); MD5, SHA-1, DES and Triple-DES are not there. SHA-384 is no word of the RFC's.

strongSwan 5.9.8 mixes the words up, and takes AES and SHA-256 for known when it reads that one.
"""
_KEY, _BLOCK = 32, 16
_UNREAD = Refuse("machine.proof-wrong")
"""One answer whatever was wrong inside an envelope, so that nobody learns about another's by sending it altered."""
_FAILURES = {
    "machine.proof-wrong": Failure.BAD_MESSAGE_CHECK,
    "machine.secret-wrong": Failure.BAD_MESSAGE_CHECK,
    "machine.algorithm": Failure.BAD_ALG,
    "machine.certificate-unknown": Failure.BAD_CERT_ID,
}
"""Of a refusal that is not here it is said that the request is bad."""


Bearer = tuple[Certificate, Allowance]
"""The certificate that signed a message, and the allowance that it is of."""


class Opener(Interface):
    """A private RSA key that opens what was enciphered to it, by PKCS #1 v1.5."""

    def open(self, enciphered: bytes) -> bytes:
        """The octets inside. Raises ValueError, or returns others, for what was not enciphered to it."""


@dataclass(frozen=True)
class ScepDoor:
    """The door. `certificate` (DER) is of the one key that signs and opens. `admit` as for CMP."""

    ledger: Ledger
    doors: Doors | None
    signer: Signer
    opener: Opener
    certificate: bytes
    actor: Actor
    practice: bool
    patience: timedelta
    admit: Callable[[str], bool]

    @property
    def own(self) -> Identity:
        """How our certificate is called."""
        return identity_of(self.certificate)

    def is_open(self) -> bool:
        """Whether the configuration in force has SCEP switched on."""
        with self.ledger.read() as session:
            return current(session).scep

    def certificates(self) -> bytes:
        """Our own certificate and those above the machines', as GetCACert has it (clause 4.2.1.2)."""
        return certificates_only([self.certificate, *self._above()])

    def answer(self, octets: bytes) -> bytes:
        """The CertRep to one message. Raises ParseError or Unsupported for what is none."""
        message = parse_message(octets)
        try:
            verify_message(message, message.signer.spki)
            return self._reply(message, self._fate(message, octets))
        except (Unsupported, WeakKey):
            return self._reply(message, Refuse("machine.algorithm"))
        except PkiError:
            return self._reply(message, _UNREAD)

    def _fate(self, message: Message, octets: bytes) -> Fate | Refuse:
        """What is answered. Raises PkiError for an envelope that cannot be read.

        An envelope is opened only for who may send one: with a stranger's signature around it, nothing but a first
        request, and that must be about the very key that signed.
        """
        if message.kind is Kind.CERT_POLL:
            return self._polled(message)
        if message.kind is Kind.PKCS_REQ:
            return self._enrolled(message, octets, None)
        with self.ledger.read() as session:
            found = self._bearer(session, message)
        if isinstance(found, Refuse):
            return found
        if not self.admit(found[1].id):
            return Refuse("request.too-many")
        if message.kind is Kind.RENEWAL_REQ:
            return self._enrolled(message, octets, found)
        return self._fetched(message, found)

    def _opened(self, message: Message) -> tuple[bytes, bytes]:
        """The key of the content, and the content. Raises PkiError."""
        envelope = parse_envelope(message.content)
        try:
            key = self.opener.open(envelope.for_recipient(self.own))
        except ValueError:
            key = b""
        if len(key) != envelope.key_octets:  # Tried all the same, so that both faults take as long.
            key = self.ledger.randomness(envelope.key_octets)
        return key, envelope.opened(key)

    def _enrolled(self, message: Message, octets: bytes, shown: Bearer | None) -> Fate | Refuse:
        key, content = self._opened(message)
        request = parsed(content)
        if isinstance(request, Refuse):
            return request if request.code == "enrolment.key-weak" else _UNREAD
        asking = self._asking(message, request, pack(octets, key), shown)
        if isinstance(asking, Refuse):
            return asking
        if shown is None and not self.admit(asking.allowance_id):
            return Refuse("request.too-many")
        with self.ledger.read() as session:
            now = self.ledger.clock.now()
            fresh, before = code_opens(session, asking, now), asked_before(session, asking, now)
            key_id = message_key(session.get_one(Allowance, asking.allowance_id), message)
            seen = session.get(MachineTransaction, key_id)
        if isinstance(fresh, Refuse):
            return refuse(self.ledger, asking, fresh, self.actor)
        known = before or (seen.enrolment_id if seen else None)
        return self._wait(known) if known else self._taken(asking, key_id)

    def _taken(self, asking: Asking, key_id: str) -> Fate | Refuse:
        def repeats(session: Session) -> str | None:
            seen = session.get(MachineTransaction, key_id)
            return seen.enrolment_id if seen else asked_before(session, asking, self.ledger.clock.now())

        try:
            taken = take_up(
                self.ledger, asking, self.actor, practice=self.practice, repeats=repeats,
                further=lambda enrolment_id: [MachineTransaction(id=key_id, enrolment_id=enrolment_id)],
            )  # fmt: skip
        except Taken:
            return refuse(self.ledger, asking, Refuse("machine.transaction-used"), self.actor)
        return taken if isinstance(taken, Refuse) else self._wait(taken)

    def _asking(
        self, message: Message, request: SigningRequest, proof: bytes, shown: Bearer | None
    ) -> Asking | Refuse:
        """What is asked for, and by whom; who shows nothing that we know is a stranger, of whom nothing is recorded."""
        if shown is not None:
            allowance, kind, credential = shown[1], CredentialKind.CERTIFICATE, shown[0].sha256
        else:
            with self.ledger.read() as session:
                found = self._by_code(session, message, request)
            if isinstance(found, Refuse):
                return found
            allowance, kind, credential = found
        wish = wish_of(request, allowance.profile)
        if isinstance(wish, Refuse):
            return wish
        return Asking(
            allowance.id, Protocol.SCEP, request, kind, credential, proof, wish.names, wish.common_name,
            uses_up=kind is CredentialKind.SECRET,
        )  # fmt: skip

    def _by_code(
        self, session: Session, message: Message, request: SigningRequest
    ) -> tuple[Allowance, CredentialKind, str] | Refuse:
        """A first request is signed by the very key that it is about (clause 2.3)."""
        if message.signer.spki != request.spki:
            return _UNREAD
        code = challenge_password(request.der)
        secret = by_code(session, Protocol.SCEP, self.doors, code) if self.doors and code else None
        if secret is None:
            return Refuse("machine.secret-wrong" if self.doors else "machine.no-doors")
        return session.get_one(Allowance, secret.allowance_id), CredentialKind.SECRET, secret.id

    def _bearer(self, session: Session, message: Message) -> Bearer | Refuse:
        """The machine's certificate by which the message is signed, and its allowance, if it counts."""
        digest = sha256(message.signer.certificate).hexdigest()
        found = bearer(session, digest)
        if found is None:
            return Refuse("machine.certificate-unknown")
        counts = certificate_counts(session, found[0], self.ledger.clock.now())
        return counts if isinstance(counts, Refuse) else found

    def _polled(self, message: Message) -> Fate | Refuse:
        """What became of the newest request of who asks: of this transaction, and by the same key or certificate."""
        key, shown = key_sha256(message.signer.spki), sha256(message.signer.certificate).hexdigest()
        asked = select(MachineRequest).join(Enrolment, Enrolment.id == MachineRequest.enrolment_id)
        asked = asked.where(MachineRequest.protocol == Protocol.SCEP.value)
        asked = asked.where((Enrolment.key_sha256 == key) | (MachineRequest.credential == shown))
        with self.ledger.read() as session:
            row = session.scalars(asked.order_by(MachineRequest.enrolment_id.desc())).first()
        if row is None or unpack(bytes(row.proof))[0].transaction != message.transaction:
            return Refuse("machine.certificate-unknown")
        return self._wait(row.enrolment_id)

    def _fetched(self, message: Message, shown: Bearer) -> Fate | Refuse:
        """A certificate (GetCert, clause 3.3.4) of the same allowance as the one that asks."""
        _, content = self._opened(message)
        with self.ledger.read() as session:
            held = session.scalars(
                select(Certificate)
                .join(Intent, Intent.id == Certificate.id)
                .join(MachineRequest, MachineRequest.enrolment_id == Intent.enrolment_id)
                .where(MachineRequest.allowance_id == shown[1].id)
            )
            named = (one for one in held if content == identity_of(bytes(one.der)).name)
            certificate = next(named, None)
        return _UNREAD if certificate is None else Issued(certificate)

    def _wait(self, enrolment_id: str) -> Fate:
        return wait(self.ledger, enrolment_id, self.ledger.clock.now() + self.patience)

    def _above(self) -> list[bytes]:
        with self.ledger.read() as session:
            return chain(session, HOSTS, self.ledger.clock.now())

    def _reply(self, message: Message, fate: Fate | Refuse) -> bytes:
        nonce = self.ledger.randomness(_BLOCK)
        match fate:
            case Issued(certificate):
                # It alone: in a set, which DER sorts, it could not come first, where clients look for it.
                bag = certificates_only([bytes(certificate.der)])
                reply = Reply(message, Status.SUCCESS, nonce, content=self._enveloped(bag, message.signer))
            case Refused(code) | Refuse(code):
                reply = Reply(message, Status.FAILURE, nonce, _FAILURES.get(code, Failure.BAD_REQUEST))
            case _:
                reply = Reply(message, Status.PENDING, nonce)
        attributes = reply.attributes()
        return reply.assembled(attributes, self.signer.sign(attributes), self.own)

    def _enveloped(self, content: bytes, to: Identity) -> bytes:
        chance = self.ledger.randomness
        return enveloped(content, to, chance(_KEY), chance(_BLOCK), chance(2 * len(to.spki)))
