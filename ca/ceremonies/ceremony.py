"""Ceremonies: the root, the issuing CAs, and the certificates of our own services; each step may be run again.

Every certificate goes through the same signing line as an officer's: linted, intent sealed, signed once. What a
crash left between intent and certificate is ended at the next call; a key that was made is used, never made
again, so there is one root however often a ceremony is interrupted.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

from sqlalchemy import select

from ca.ceremonies.generations import in_use, named
from ca.ceremonies.keyring import Keyring
from ca.events.ceremonies import KeyMade, ModeSet
from ca.issuance.composition import IssuingKey, Wanted
from ca.issuance.line import Line, no_last_look, recover
from ca.profiles import PROFILES
from ca.publication.crl import ROOT_LIFE, publish_changed, shards_of_new_issuers
from ca.statement.agreement import differing
from ca.statement.publishing import publish_first
from ledger.certificates import Certificate, Intent, Issuer, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger, Taken
from ledger.seal import seal
from pki import oids
from pki.certificate import IssuerView, issuer_view, parse_certificate, root_view
from pki.keys import key_sha256
from pki.names import ca_name, service_name
from pki.signing import SignatureAlgorithm, Signer
from web.home import Home, Mode

ORGANISATION = "Lao e-Government Center"
CA_NAMES = {"root": "Root CA", "officers": "Officers CA", "citizens": "Citizens CA", "services": "Services CA"}
"""The common names, without PRACTICE."""
ISSUERS = ("officers", "citizens", "services")
RESPONDER_LIFE = timedelta(days=30)
"""The signing room renews it at half; the root's own lives as long as its profile allows."""
_P256 = SignatureAlgorithm.ECDSA_P256_SHA256


class CeremonyFailed(Exception):
    """A step could not be done; the sentence says which and what to do. Run the ceremony again afterwards."""


@dataclass(frozen=True)
class Ceremony:
    """What a ceremony works with. It seals by itself, with the checkpoint key that it makes."""

    ledger: Ledger
    home: Home
    keys: Keyring
    mode: Mode
    algorithm: SignatureAlgorithm = _P256
    actor: Actor = field(default=Actor.system("ceremony"))

    def begin(self) -> None:
        """Mode and checkpoint key are there, and the statements agree with what is in force. Raises CeremonyFailed."""
        file = self.home.path / "mode"
        if file.exists() and self.home.mode() is not self.mode:
            raise CeremonyFailed(f"{self.home.path} is for {self.home.mode().value}: take another home")
        if not file.exists():
            self.ledger.record(ModeSet(self.mode.value), self.actor)
            write_whole(file, f"{self.mode.value}\n".encode())
            self.note("mode", self.mode.value.encode())
        publish_first(self.ledger, self.home, self.actor)
        with self.ledger.read() as session:
            if faults := differing(session, self.home):
                raise CeremonyFailed("; ".join(faults))
        self.own_key("checkpoint", SignatureAlgorithm.ED25519)

    def root(self) -> IssuingKey:
        """The root in use with its key, made if there is none; its CRL is in the ledger."""
        found = self._issuer("root")
        signer = self.own_key(found.key_name if found else "root", self.algorithm)
        if found is None:
            self._make_root()
            found = self._issuer("root")
        if found is None:
            raise CeremonyFailed("the root was signed but is not in the ledger: look at the transcript")
        root = IssuingKey(found.id, issuer_view_of(found, self.home), signer)
        self._keep(found.key_name, bytes(found.certificate))
        self.list_endings(root)
        return root

    def list_endings(self, root: IssuingKey) -> None:
        """The root's CRL holds every ending under it, such as an intent that a crash left: its key is at hand now."""
        crl = publish_changed(self.ledger, root, self.actor, ROOT_LIFE)
        if crl is not None:
            self.note("crl root", bytes(crl.der))

    def issuer(self, name: str, root: IssuingKey) -> IssuingKey:
        """The issuing CA in use of this name with its key, certified by the root if it is not yet."""
        found = self._issuer(name)
        signer = self.own_key(found.key_name if found else name, self.algorithm)
        if found is None:
            subject = ca_name(ORGANISATION, CA_NAMES[name], practice=self.mode is Mode.PRACTICE)
            profile = PROFILES["issuing-ca"]
            wanted = Wanted(
                profile, subject, signer.public_key, profile.longest_validity, makes_issuer=self.new_issuer(name, 1)
            )
            self.certified(root, wanted, name)
            found = self._issuer(name)
        if found is None:
            raise CeremonyFailed(f"{name} was signed but is not in the ledger: look at the transcript")
        self._keep(found.key_name, bytes(found.certificate))
        return IssuingKey(found.id, issuer_view_of(found, self.home), signer)

    def service(
        self,
        name: str,
        profile: str,
        issuing: IssuingKey,
        *,
        validity: timedelta | None = None,
        alternative_names: tuple[str, ...] = (),
        chain: Sequence[str] = (),
    ) -> Certificate:
        """A certificate of one of our own services: the one in force, or a new one for the same key.

        `chain` names the issuers whose certificates follow in the file (TLS servers send them).
        """
        signer = self.own_key(name, _P256)
        certificate = self._in_force(profile, key_sha256(signer.public_key))
        if certificate is None:
            kind = PROFILES[profile]
            title = f"PRACTICE {name}" if self.mode is Mode.PRACTICE else name
            wanted = Wanted(
                kind,
                service_name(ORGANISATION, title),
                signer.public_key,
                validity or kind.longest_validity,
                alternative_names=alternative_names,
            )
            certificate = self.certified(issuing, wanted, name)
        self._keep(name, bytes(certificate.der), *(self.home.certificate(issuer).read_bytes() for issuer in chain))
        return certificate

    def own_key(self, name: str, algorithm: SignatureAlgorithm) -> Signer:
        """The key of that name; from its first entry on it belongs to this service alone. Raises CeremonyFailed."""
        signer = self.keys.signer(name, algorithm)
        key = key_sha256(signer.public_key)
        with self.ledger.read() as session:
            holder = session.scalar(select(KeyUse.subject).where(KeyUse.key_sha256 == key))
        if holder is None:
            self.write(KeyMade(name, key), KeyUse(key_sha256=key, subject=name))
            self.note(f"key {name}", signer.public_key)
        elif holder != name:
            raise CeremonyFailed(f"the key for {name} is already {holder}'s: give each its own")
        return signer

    def write(self, event: Event, *facts: object) -> None:
        """One entry; it has been written already if its key is taken."""
        try:
            self.ledger.entries([Deed(event, self.actor, facts)])  # type: ignore[arg-type]
        except Taken:
            return

    def certify_person(self, issuing: IssuingKey, wanted: Wanted) -> Certificate:
        """A person's certificate in a ceremony, where nobody could have decided yet."""
        found = self._in_force(wanted.profile.name, key_sha256(wanted.spki))
        return found or self.certified(issuing, wanted, wanted.profile.name)

    def note(self, step: str, octets: bytes) -> None:
        """A line in the transcript: what was done, the digest of the bytes, and when."""
        line = {"step": step, "sha256": sha256(octets).hexdigest(), "at": self.ledger.clock.now().isoformat()}
        with (self.home.path / "transcript.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def await_seal(self, _entries: Sequence[str]) -> None:
        """Seals here and now: during a ceremony nobody else does."""
        checkpoint = self.keys.signer("checkpoint", SignatureAlgorithm.ED25519)
        seal(self.ledger, checkpoint, self.home.checkpoints, self.ledger.clock.now())

    def certified(self, issuing: IssuingKey, wanted: Wanted, step: str) -> Certificate:
        """What is wanted, signed by this issuer here and now. Raises CeremonyFailed."""
        recover(self.ledger, [issuing.id], self.actor)
        line = Line(self.ledger, issuing, self.await_seal, no_last_look, self.actor)
        [outcome] = line.issue([wanted])
        if isinstance(outcome, Refuse):
            raise CeremonyFailed(f"{step} breaks its profile ({outcome.code}): look at the names")
        self.note(f"certificate {step}", bytes(outcome.der))
        return outcome

    def _make_root(self) -> None:
        signer = self.own_key("root", self.algorithm)
        now = self.ledger.clock.now().replace(microsecond=0)
        profile = PROFILES["root-ca"]
        subject = ca_name(ORGANISATION, CA_NAMES["root"], practice=self.mode is Mode.PRACTICE)
        view = root_view(subject, signer.public_key, now, now + profile.longest_validity, policy_arc(self.mode))
        with self.ledger.read() as session:
            begun = session.scalar(select(Intent.issuer_id).where(Intent.profile == profile.name).limit(1))
        issuer = self.new_issuer("root", 1, begun)
        wanted = Wanted(profile, subject, signer.public_key, profile.longest_validity, makes_issuer=issuer)
        self.certified(IssuingKey(issuer.id, view, signer), wanted, "root")

    def new_issuer(self, name: str, generation: int, issuer_id: str | None = None) -> Issuer:
        """An issuer of ours that has no certificate yet."""
        return Issuer(
            id=issuer_id or self.ledger.new_id(),
            name=name,
            generation=generation,
            crl_url=f"{self.home.url('ca')}/crl/{name}-{generation}.crl",
            ocsp_url=f"{self.home.url('ocsp')}/",
            certificate_url=f"{self.home.url('ca')}/issuer/{name}-{generation}.cer",
            crl_shards=None if name == "root" else shards_of_new_issuers(self.ledger),
        )

    def _issuer(self, name: str) -> Issuer | None:
        with self.ledger.read() as session:
            found = in_use(session, name, self.ledger.clock.now())
        return found.issuer if found else None

    def _in_force(self, profile: str, key: str) -> Certificate | None:
        return in_force(self.ledger, profile, key, self.ledger.clock.now())

    def opened(self, name: str, signer: Signer) -> IssuingKey:
        """The issuer of this name with its key. Raises CeremonyFailed when no ceremony has made it."""
        found = self._issuer(name)
        if found is None:
            raise CeremonyFailed(f"there is no issuer {name} yet: run `python -m scripts ceremony-issuer {name}`")
        return IssuingKey(found.id, issuer_view_of(found, self.home), signer)

    def opened_generation(self, key_name: str) -> IssuingKey:
        """The issuer whose key has this name (`root-2`), with its key. Raises CeremonyFailed when there is none."""
        with self.ledger.read() as session:
            found = named(session, self.ledger.clock.now(), key_name)
        if found is None:
            raise CeremonyFailed(f"there is no issuer {key_name}: look at `python -m scripts issuer-list`")
        signer = self.own_key(key_name, self.algorithm)
        return IssuingKey(found.issuer.id, issuer_view_of(found.issuer, self.home), signer)

    def newest_for(self, name: str, profile: str) -> Certificate | None:
        """The newest certificate of one of our own services, by its name."""
        ours = select(KeyUse.key_sha256).where(KeyUse.subject == name)
        statement = select(Certificate).where(Certificate.key_sha256.in_(ours), Certificate.profile == profile)
        with self.ledger.read() as session:
            return session.scalar(statement.order_by(Certificate.not_after.desc()).limit(1))

    def keep_at(self, path: Path, der: bytes) -> None:
        """The certificate is in this file, PEM."""
        write_whole(path, DER_cert_to_PEM_cert(der).encode())

    def keep_all_at(self, path: Path, certificates: Sequence[bytes]) -> None:
        """These certificates are in this file in their order, PEM."""
        write_whole(path, "".join(map(DER_cert_to_PEM_cert, certificates)).encode())

    def _keep(self, name: str, der: bytes, *chain: bytes) -> None:
        write_whole(self.home.certificate(name), DER_cert_to_PEM_cert(der).encode() + b"".join(chain))


def in_force(ledger: Ledger, profile: str, key: str, until: datetime) -> Certificate | None:
    """The certificate of this profile and key (hex digest) that is not revoked and is valid past `until`."""
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Certificate.id)
    statement = (
        select(Certificate)
        .where(Certificate.key_sha256 == key, Certificate.profile == profile, Certificate.not_after > until)
        .where(~ended.exists())
        .order_by(Certificate.not_after.desc())
    )
    with ledger.read() as session:
        return session.scalar(statement.limit(1))


def issuer_view_of(issuer: Issuer, home: Home) -> IssuerView:
    """What goes into the certificates and CRLs of this issuer; URLs are the issuer's own, the statement's is ours."""
    return issuer_view(
        parse_certificate(bytes(issuer.certificate)),
        policy_arc(home.mode()),
        crl_url=issuer.crl_url,
        ocsp_url=issuer.ocsp_url,
        certificate_url=issuer.certificate_url,
        cps_url=f"{home.url('ca')}/cps",
        crl_shards=issuer.crl_shards,
    )


def policy_arc(mode: Mode) -> str:
    """Under which policies hang; practice has its own, so that nothing of practice can be taken for real."""
    return oids.PRACTICE_ARC if mode is Mode.PRACTICE else oids.PRODUCTION_ARC


def write_whole(path: Path, octets: bytes, mode: int = 0o644) -> None:
    """The file has these octets and is on disk; nobody ever sees half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
