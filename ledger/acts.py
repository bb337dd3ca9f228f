"""Acts: what a person does under his own key, so that no process can make it up.

The person's authentication key signs the digest of the act; the fact that the act causes keeps time,
certificate and signature (`ActProof`), and whoever relies on the fact verifies them again.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

from sqlalchemy import BindParameter, String, bindparam, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from ledger.canonical import canonical_of_kind
from ledger.certificates import Certificate, Hold, HoldRelease, KeyBlock, Revocation
from ledger.facts import Facts
from ledger.people import Cutoff
from ledger.together import Paths
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.keys import algorithm_of, verify
from pki.parsed import ParsedCertificate
from pki.signing import SignatureAlgorithm

FRESHNESS = timedelta(minutes=5)
"""An act is taken up only within this time of its signing, by the clock of the one who takes it up."""
_DOMAIN = b"laotrust-act/1\n"
AUTHENTICATION_PROFILES = ("officer-authentication",)
HOLDERS_PROFILES = (*AUTHENTICATION_PROFILES, "citizen-authentication")
"""By whose keys somebody acts about what is his own and nobody else's."""


class ActInvalid(Exception):
    """The act does not prove what it claims. `code` is public."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Act:
    """What is done: `kind` (`enrolment.decide`), its fields (ids, digests, codes), and when."""

    kind: str
    fields: Mapping[str, Any]
    at: datetime

    def message(self) -> bytes:
        """The octets that the person's key signs."""
        return _DOMAIN + sha256(canonical_of_kind({"kind": self.kind, "fields": self.fields, "at": self.at})).digest()


@dataclass(frozen=True)
class SignedAct:
    """An act with the signature over `act.message()` and the SHA-256 (hex) of the certificate of its key."""

    act: Act
    certificate_sha256: str
    signature: bytes
    path: bytes | None = None
    """From the act to the root over many that the signature is over (`ledger.together`); None: over this act alone."""

    def covered(self, paths: Paths | None = None) -> bytes:
        """The octets that the signature is over. Raises ProofInvalid for a path that leads nowhere.

        Who asks it of many acts gives the `paths` that were followed before.
        """
        message = self.act.message()
        return message if self.path is None else (Paths() if paths is None else paths).covered(message, self.path)


class ActProof:
    """Columns of a fact that an act caused."""

    act_at: Mapped[datetime] = mapped_column(sort_order=80)
    act_certificate: Mapped[str] = mapped_column(String(64), sort_order=81)
    act_signature: Mapped[bytes] = mapped_column(sort_order=82)


def proof_columns(signed: SignedAct) -> dict[str, Any]:
    """The values of `ActProof`'s columns, which hold no path: only a Decision has a column for it."""
    return {
        "act_at": signed.act.at,
        "act_certificate": signed.certificate_sha256,
        "act_signature": signed.signature,
    }


def verify_act(
    session: Session,
    signed: SignedAct,
    now: datetime | None = None,
    profiles: Collection[str] = AUTHENTICATION_PROFILES,
) -> str:
    """The ledger id of the person who signed the act. Raises ActInvalid.

    The certificate must be in the ledger, be of one of `profiles`, and have been valid, not revoked
    and not on hold when the act was signed. With `now`, the act must also be fresh: leave it out when an
    earlier act is verified again.
    """
    return ActVerifier(session, [signed.certificate_sha256], profiles=profiles).verify(signed, now)


_IDS: BindParameter[Sequence[str]] = bindparam("ids", expanding=True)
CERTIFICATES = Facts(
    select(Certificate, KeyBlock)
    .join(KeyBlock, KeyBlock.key_sha256 == Certificate.key_sha256, isouter=True)
    .where(Certificate.sha256.in_(_IDS))
)
_REVOCATIONS = Facts(
    select(Certificate.key_sha256, Revocation)
    .join(Certificate, Certificate.id == Revocation.certificate_id)
    .where(Certificate.key_sha256.in_(_IDS))
)
_HOLDS = Facts(
    select(Hold.certificate_id, Hold.at, HoldRelease.at)
    .join(HoldRelease, HoldRelease.hold_id == Hold.id, isouter=True)
    .where(Hold.certificate_id.in_(_IDS))
)
_CUTOFFS = Facts(select(Cutoff.person_id, Cutoff.at).where(Cutoff.person_id.in_(_IDS)))


@dataclass(frozen=True)
class _Key:
    """What the ledger knew of one certificate when the verifier was made."""

    certificate: Certificate
    spki: bytes
    algorithm: SignatureAlgorithm
    revocations: Sequence[Revocation]
    """Of all certificates of this key."""
    block: KeyBlock | None
    holds: Sequence[tuple[datetime, datetime | None]]
    cutoffs: Sequence[datetime]

    def stopped(self, at: datetime, judged: datetime) -> bool:
        """Whether what this key signed at `at` is dead for one who judges at `judged`, never before `at`.

        A Cutoff kills what was done before it, and so does the key's block and every revocation but a routine
        `superseded`, of another certificate of the same key too: who has the key may have set the act's time back.
        """
        if self.block is not None and self.block.at <= judged:
            return True
        for revocation in self.revocations:
            routine = revocation.reason == "superseded"
            own = revocation.certificate_id == self.certificate.id
            if (own or not routine) and revocation.at <= (at if routine else judged):
                return True
        for begun, ended in self.holds:
            if any(begun <= when and (ended is None or when < ended) for when in (at, judged)):
                return True
        return any(self.certificate.not_before <= cut <= judged for cut in self.cutoffs)


class ActVerifier:
    """Verifies many acts of a few certificates, as the ledger stands in `session`'s snapshot, with few reads.

    Who does not believe the ledger's certificates gives `issuers`: the SubjectPublicKeyInfo of each issuer that he
    knows himself, by id. Then a certificate that none of them signed is as unknown as one that is not there.
    """

    def __init__(
        self,
        session: Session,
        certificates_sha256: Iterable[str],
        issuers: Mapping[str, bytes] | None = None,
        profiles: Collection[str] = AUTHENTICATION_PROFILES,
    ) -> None:
        self._profiles = profiles
        rows = CERTIFICATES.rows(session, {"ids": sorted(set(certificates_sha256))})
        found = [(one, block) for one, block in rows if certified_by(one, issuers)]
        self._keys = {key.certificate.sha256: key for key in _keys(session, found)}
        self._verified: set[tuple[str, bytes, bytes]] = set()
        """Certificate, octets and signature of many acts together: one look is enough for all of them."""
        self._paths = Paths()

    def person_ids(self) -> set[str]:
        """The persons whose certificates these are."""
        return {key.certificate.person_id for key in self._keys.values() if key.certificate.person_id}

    def in_force(self, now: datetime) -> Mapping[str, str]:
        """Whose acts would count if they were signed now: the ids of the persons, by the digests of their keys."""
        return {
            one.key_sha256: one.person_id
            for one, key in ((key.certificate, key) for key in self._keys.values())
            if one.person_id is not None and one.profile in self._profiles
            if one.not_before <= now <= one.not_after and not key.stopped(now, now)
        }

    def verify(self, signed: SignedAct, now: datetime | None = None, judged: datetime | None = None) -> str:
        """As `verify_act`; with `judged`, what happened to the certificate until then counts too."""
        key = self._keys.get(signed.certificate_sha256)
        if key is None or key.certificate.person_id is None:
            raise ActInvalid("act.certificate-unknown")
        if key.certificate.profile not in self._profiles:
            raise ActInvalid("act.certificate-not-for-authentication")
        at = signed.act.at
        if not key.certificate.not_before <= at <= key.certificate.not_after:
            raise ActInvalid("act.certificate-not-valid-then")
        if now is not None and abs(now - at) > FRESHNESS:
            raise ActInvalid("act.stale")
        if key.stopped(at, max(at, judged or now or at)):
            raise ActInvalid("act.certificate-revoked")
        try:
            self._verify_signature(key, signed)
        except PkiError as fault:
            raise ActInvalid("act.signature-invalid") from fault
        return key.certificate.person_id

    def _verify_signature(self, key: _Key, signed: SignedAct) -> None:
        covered = signed.covered(self._paths)
        seen = (signed.certificate_sha256, covered, bytes(signed.signature))
        if signed.path is None or seen not in self._verified:
            verify(key.spki, key.algorithm, covered, signed.signature)
            self._verified.add(seen)


def certified_by(certificate: Certificate, issuers: Mapping[str, bytes] | None) -> bool:
    """Whether one of these issuers' keys signed the certificate, and the row is about it; None believes the ledger.

    The serial number is compared too: an ECDSA signature can be written in a second way, under another digest.
    """
    if issuers is None:
        return True
    spki = issuers.get(certificate.issuer_id)
    if spki is None:
        return False
    try:
        parsed = _read_under(spki, bytes(certificate.der))
    except PkiError:
        return False
    return (parsed.sha256, parsed.serial_hex) == (certificate.sha256, certificate.serial_number)


@lru_cache(maxsize=256)
def _read_under(spki: bytes, der: bytes) -> ParsedCertificate:
    """The certificate that this key signed. Raises PkiError. Few officers decide on very many requests."""
    parsed = _read(der)
    verify(spki, algorithm_of(spki), parsed.tbs, parsed.signature)
    return parsed


_read = lru_cache(maxsize=256)(parse_certificate)


def _keys(session: Session, found: Sequence[tuple[Certificate, KeyBlock | None]]) -> Iterator[_Key]:
    """What the ledger knows of each, beside the block of its key."""
    certificates = [one for one, _ in found]
    ids = {"ids": [one.id for one in certificates]}
    people = {"ids": [one.person_id for one in certificates if one.person_id]}
    keys = {"ids": [one.key_sha256 for one in certificates]}
    asked = [(_REVOCATIONS, keys), (_HOLDS, ids), (_CUTOFFS, people)]
    revocations, holds, cutoffs = Facts.rows_of_each(session, asked)
    for one, block in found:
        spki = _read(bytes(one.der)).spki
        yield _Key(
            one,
            spki,
            algorithm_of(spki),
            [revocation for key, revocation in revocations if key == one.key_sha256],
            block,
            [(begun, ended) for key, begun, ended in holds if key == one.id],
            [at for person_id, at in cutoffs if person_id == one.person_id],
        )
