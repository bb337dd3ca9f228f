"""Ceremonies: the root, the issuing CAs, and the certificates of our own services; each step may be run again.

Every certificate goes through the same signing line as an officer's: linted, intent sealed, signed once. What a
crash left between intent and certificate is ended at the next call; a key that was made is used, never made
again, so there is one root however often a ceremony is interrupted.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from ssl import DER_cert_to_PEM_cert

from sqlalchemy import select

from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.files import write_whole
from ca.ceremonies.generations import in_use, issuer_named, named
from ca.ceremonies.in_force import in_force
from ca.ceremonies.keyring import Keyring
from ca.ceremonies.lost import certified_key
from ca.ceremonies.names import ca_title, check_family, first_algorithm, is_of_its_family
from ca.closing.last_crl import is_told_for_ever
from ca.events.ceremonies import KeyGivenUp, KeyMade, ModeSet
from ca.issuance.composition import IssuingKey, Wanted
from ca.issuance.line import Line, no_last_look, recover
from ca.profiles import PROFILES, profile_of_issuer
from ca.publication.crl import ROOT_LIFE, publish_changed, shards_of_new_issuers
from ca.statement.agreement import differing
from ca.statement.publishing import publish_first
from ca.tables.ceremonies import KeyDestruction
from ca.tables.publication import Crl
from ledger.base import without
from ledger.certificates import Certificate, Intent, Issuer, KeyBlock, KeyUse, Revocation
from ledger.decision import Refuse
from ledger.event import Actor, Event
from ledger.ledger import Deed, Ledger, Taken
from ledger.seal import seal
from pki import oids
from pki.certificate import IssuerView, issuer_view, parse_certificate, parse_tbs, root_view
from pki.keys import algorithm_of, key_sha256
from pki.names import ca_name, service_name
from pki.signing import SignatureAlgorithm, Signer
from signers import KeyUnusable
from signers.file import FileKey
from web.home import ROOTS, Home, Mode

ORGANISATION = "Lao e-Government Center"
RESPONDER_LIFE = timedelta(days=30)
"""The signing room renews it at half; the root's own lives as long as its profile allows."""
ROOT_VALIDITY = PROFILES["root-ca"].longest_validity


@dataclass(frozen=True)
class Ceremony:
    """What a ceremony works with. It seals by itself, with the checkpoint key that it makes."""

    ledger: Ledger
    home: Home
    keys: Keyring
    mode: Mode
    algorithm: SignatureAlgorithm = SignatureAlgorithm.ECDSA_P256_SHA256
    """Of the keys of CAs for which nobody says another, where it is of their family."""
    actor: Actor = field(default=Actor.system("ceremony"))

    def check_mode(self) -> None:
        """The home has no mode yet, or this one. Raises CeremonyFailed."""
        if (self.home.path / "mode").exists() and self.home.mode() is not self.mode:
            raise CeremonyFailed(
                f"{self.home.path} is for {self.home.mode().value}: take another home", "ceremony.other-mode"
            )

    def begin(self) -> None:
        """The home has its mode, and the statements agree with what is in force. Raises CeremonyFailed."""
        self.check_mode()
        file = self.home.path / "mode"
        if not file.exists():
            self.ledger.record(ModeSet(self.mode.value), self.actor)
            write_whole(file, f"{self.mode.value}\n".encode())
        publish_first(self.ledger, self.home, self.actor)
        with self.ledger.read() as session:
            if faults := differing(session, self.home):
                raise CeremonyFailed("; ".join(faults), "statement.disagrees")
        self.own_key("checkpoint", SignatureAlgorithm.ED25519)

    def root(
        self,
        name: str = "root",
        algorithm: SignatureAlgorithm | None = None,
        common_name: str = "",
        validity: timedelta | None = None,
    ) -> IssuingKey:
        """The root whose key has this name, which certifies itself if it is not certified yet."""
        found = issuer_named(self.ledger, name)
        signer = self.ca_key(name, algorithm or (_algorithm(found) if found else self.first_algorithm(name)))
        if found is None:
            self._make_root(name, signer, common_name or ca_title(name), validity or ROOT_VALIDITY)
        return self._kept(name, signer)

    def issuer(
        self,
        name: str,
        parent: IssuingKey,
        algorithm: SignatureAlgorithm | None = None,
        common_name: str = "",
        validity: timedelta | None = None,
    ) -> IssuingKey:
        """The issuing CA of this name with its key, certified by `parent` if it is not yet."""
        signer = self.ca_key(name, algorithm or self.first_algorithm(name))
        if issuer_named(self.ledger, name) is None:
            subject = ca_name(ORGANISATION, common_name or ca_title(name), practice=self.mode is Mode.PRACTICE)
            profile = profile_of_issuer(name)
            lives = validity or profile.longest_validity
            wanted = Wanted(profile, subject, signer.public_key, lives, makes_issuer=self.new_issuer(name, 1))
            self.certified(parent, wanted, name)
        return self._kept(name, signer)

    def list_endings(self, root: IssuingKey) -> Crl:
        """The root's newest CRL, which holds every ending under it: its key is at hand now."""
        made = publish_changed(self.ledger, root, self.actor, ROOT_LIFE)
        if made is not None:
            return made
        with self.ledger.read() as session:
            whole = select(Crl).where(Crl.issuer_id == root.id, Crl.shard.is_(None), Crl.base_number.is_(None))
            newest = whole.order_by(Crl.number.desc()).limit(1)
            return session.scalars(newest).one()

    def service(
        self,
        name: str,
        profile: str,
        issuing: IssuingKey,
        *,
        algorithm: SignatureAlgorithm | None = None,
        validity: timedelta | None = None,
        alternative_names: tuple[str, ...] = (),
        chain: Sequence[str] = (),
    ) -> Certificate:
        """A certificate of one of our own services: the one in its first half, or a new one for the same key.

        `chain` names the issuers whose certificates follow in the file (TLS servers send them).
        """
        signer = self.own_key(name, algorithm or SignatureAlgorithm.ECDSA_P256_SHA256)
        kind, now = PROFILES[profile], self.ledger.clock.now()
        lives = validity or kind.longest_validity
        half = min(lives, issuing.view.not_after - now) / 2
        certificate = in_force(self.ledger, profile, key_sha256(signer.public_key), now + half)
        if certificate is None:
            title = service_title(name, self.mode)
            wanted = Wanted(kind, title, signer.public_key, lives, alternative_names=alternative_names)
            certificate = self.certified(issuing, wanted, name)
        self._keep(name, bytes(certificate.der), *(self.home.certificate(issuer).read_bytes() for issuer in chain))
        return certificate

    def ca_key(self, name: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> Signer:
        """The key of a CA, of the family of its name, in production in a token (CA-06). Raises CeremonyFailed.

        One that is certified already stays what it is, so that what was begun with it can be ended.
        """
        if issuer_named(self.ledger, name) is None:
            check_family(name, algorithm)
        signer = self.own_key(name, algorithm, rsa_bits)
        if self.mode is Mode.PRODUCTION:
            refuse_file_key(name, signer)
        return signer

    def first_algorithm(self, name: str) -> SignatureAlgorithm:
        """Of the key of a CA for which nobody says another."""
        return self.algorithm if is_of_its_family(name, self.algorithm) else first_algorithm(name)

    def own_key(self, name: str, algorithm: SignatureAlgorithm, rsa_bits: int = 3072) -> Signer:
        """The key of that name; from its first entry on it belongs to this service alone. Raises CeremonyFailed."""
        issuer = issuer_named(self.ledger, name)
        signer = self.keys.signer(name, algorithm, rsa_bits) if issuer is None else certified_key(self.keys, issuer)
        key = key_sha256(signer.public_key)
        with self.ledger.read() as session:
            holder = session.scalar(select(KeyUse.subject).where(KeyUse.key_sha256 == key))
            given_up = session.get(KeyDestruction, key)
        if signer.algorithm is not algorithm:
            raise CeremonyFailed(
                f"the key {name} is {signer.algorithm.value}, not {algorithm.value}: give another URI",
                "ceremony.key-unfit",
            )
        if given_up is not None:
            raise CeremonyFailed(
                f"the key {name} was given up in a ceremony: destroy it, and give another URI", "ceremony.key-unfit"
            )
        if holder is None:
            self.write(KeyMade(name, key), KeyUse(key_sha256=key, subject=name))
        elif holder != name:
            raise CeremonyFailed(f"the key for {name} is already {holder}'s: give each its own", "ceremony.key-unfit")
        return signer

    def give_up_key(self, name: str, key: str) -> None:
        """The key, by the digest of its public half, is used for nothing any more. Destroy it afterwards.

        Raises CeremonyFailed for a key that is not of this name or not where it is said to be.
        """
        with self.ledger.read() as session:
            holder = session.scalar(select(KeyUse.subject).where(KeyUse.key_sha256 == key))
            given_up = session.get(KeyDestruction, key)
        if given_up is not None:
            return
        if holder != name or key_sha256(self.keys.opened(name).public_key) != key:
            raise CeremonyFailed(f"no key of {name} has the digest {key}: correct the plan", "ceremony.plan-differs")
        self.write(KeyGivenUp(name, key), KeyDestruction(key_sha256=key, at=self.ledger.clock.now()))

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

    def await_seal(self, _entries: Sequence[str]) -> None:
        """Seals here and now: during a ceremony nobody else does."""
        checkpoint = self.keys.signer("checkpoint", SignatureAlgorithm.ED25519)
        seal(self.ledger, checkpoint, self.home.checkpoints, self.ledger.clock.now())

    def certified(self, issuing: IssuingKey, wanted: Wanted, step: str) -> Certificate:
        """What is wanted, signed by this issuer here and now. Raises CeremonyFailed."""
        with self.ledger.read() as session:
            if is_told_for_ever(session, issuing.id, self.ledger.clock.now()):
                raise CeremonyFailed(
                    f"{step} cannot be certified: its issuer's last words are signed", "ceremony.issuer-ended"
                )
            if session.get(KeyBlock, key_sha256(wanted.spki)) is not None:
                raise CeremonyFailed(
                    f"{step} cannot be certified: its key is blocked for ever, take another", "ceremony.key-blocked"
                )
        recover(self.ledger, [issuing.id], self.actor)
        line = Line(self.ledger, issuing, self.await_seal, no_last_look, self.actor)
        [outcome] = line.issue([wanted])
        if outcome == Refuse("issuance.issuer-ended"):
            raise CeremonyFailed(
                f"{step} cannot be certified: this issuer has ended, roll it over", "ceremony.issuer-ended"
            )
        if isinstance(outcome, Refuse):
            raise CeremonyFailed(
                f"{step} breaks its profile ({outcome.code}): look at the names", "ceremony.profile-broken"
            )
        return outcome

    def _make_root(self, name: str, signer: Signer, common_name: str, validity: timedelta) -> None:
        now = self.ledger.clock.now().replace(microsecond=0)
        profile = PROFILES["root-ca"]
        subject = ca_name(ORGANISATION, common_name, practice=self.mode is Mode.PRACTICE)
        view = root_view(subject, signer.public_key, now, now + validity, policy_arc(self.mode))
        issuer = self.new_issuer(name, 1, self._begun_root(signer.public_key))
        wanted = Wanted(profile, subject, signer.public_key, validity, makes_issuer=issuer)
        self.certified(IssuingKey(issuer.id, view, signer), wanted, name)

    def _begun_root(self, spki: bytes) -> str | None:
        """The issuer's id in the intent that a crash left, so that `recover` finds it."""
        with self.ledger.read() as session:
            begun = session.execute(select(Intent.issuer_id, Intent.tbs).where(Intent.profile == "root-ca")).all()
        return next((issuer_id for issuer_id, tbs in begun if parse_tbs(bytes(tbs)).spki == spki), None)

    def new_issuer(self, name: str, generation: int, issuer_id: str | None = None) -> Issuer:
        """An issuer of ours that has no certificate yet."""
        return Issuer(
            id=issuer_id or self.ledger.new_id(),
            name=name,
            generation=generation,
            **issuer_addresses(self.home, name, generation),
            crl_shards=None if name in ROOTS else shards_of_new_issuers(self.ledger),
        )

    def _in_force(self, profile: str, key: str) -> Certificate | None:
        return in_force(self.ledger, profile, key, self.ledger.clock.now())

    def opened(self, name: str, signer: Signer) -> IssuingKey:
        """The issuer of this name with its key. Raises CeremonyFailed when no ceremony has made it."""
        found = self._issuer(name)
        if self.mode is Mode.PRODUCTION:
            refuse_file_key(name, signer)
        return IssuingKey(found.id, issuer_view_of(found, self.home), signer)

    def _kept(self, name: str, signer: Signer) -> IssuingKey:
        """The issuer, whose certificate is in its file too."""
        issuing = self.opened(name, signer)
        self._keep(name, self.certificate_of(name))
        return issuing

    def certificate_of(self, name: str) -> bytes:
        """The DER of the issuer's newest certificate. Raises CeremonyFailed."""
        return bytes(self._issuer(name).certificate)

    def _issuer(self, name: str) -> Issuer:
        if (found := issuer_named(self.ledger, name)) is None:
            sentence = f"there is no issuer {name} yet: hold the ceremony that makes it"
            raise CeremonyFailed(sentence, "ceremony.issuer-unknown")
        return found

    def opened_generation(self, key_name: str) -> IssuingKey:
        """The issuer whose key has this name (`root-2`), with its key. Raises CeremonyFailed when there is none."""
        with self.ledger.read() as session:
            found = named(session, self.ledger.clock.now(), key_name)
        if found is None:
            raise CeremonyFailed(
                f"there is no issuer {key_name}: look at `python -m scripts issuer-list`", "ceremony.issuer-unknown"
            )
        signer = self.ca_key(key_name, _algorithm(found.issuer))
        return IssuingKey(found.issuer.id, issuer_view_of(found.issuer, self.home), signer)

    def in_use(self, name: str) -> IssuingKey:
        """The generation of this issuer that signs now, else its newest, with its key. Raises CeremonyFailed."""
        with self.ledger.read() as session:
            found = in_use(session, name, self.ledger.clock.now())
        return self.opened_generation(found.key_name if found else name)

    def newest_for(self, name: str, profile: str) -> Certificate | None:
        """The newest certificate of one of our own services, by its name: not revoked, and of a key nobody else has.

        It is the one that ends last; of two without end the one that began first.
        """
        ours = select(KeyUse.key_sha256).where(KeyUse.subject == name)
        named = select(Certificate).where(Certificate.key_sha256.in_(ours), Certificate.profile == profile)
        statement = without(named, Certificate.id, Revocation)
        statement = statement.where(~select(KeyBlock.at).where(KeyBlock.key_sha256 == Certificate.key_sha256).exists())
        with self.ledger.read() as session:
            return session.scalar(statement.order_by(Certificate.not_after.desc(), Certificate.not_before).limit(1))

    def keep_at(self, path: Path, der: bytes) -> None:
        """The certificate is in this file, PEM."""
        write_whole(path, DER_cert_to_PEM_cert(der).encode())

    def keep_all_at(self, path: Path, certificates: Sequence[bytes]) -> None:
        """These certificates are in this file in their order, PEM."""
        write_whole(path, "".join(map(DER_cert_to_PEM_cert, certificates)).encode())

    def _keep(self, name: str, der: bytes, *chain: bytes) -> None:
        write_whole(self.home.certificate(name), DER_cert_to_PEM_cert(der).encode() + b"".join(chain))


def refuse_file_key(name: str, key: Signer | str) -> None:
    """Raises KeyUnusable for a key of a CA, or its URI, that is in a file: production has them in tokens (CA-06)."""
    if isinstance(key, FileKey) or (isinstance(key, str) and key.startswith("file:")):
        raise KeyUnusable(f"production refuses the file key of {name}: give a pkcs11: URI")


def service_title(name: str, mode: Mode) -> bytes:
    """The DER Name of one of our services."""
    return service_name(ORGANISATION, f"PRACTICE {name}" if mode is Mode.PRACTICE else name)


def address_faults(home: Home, mode: Mode) -> list[str]:
    """What production lacks of the addresses that go into certificates, a sentence each. Raises HomeUnfit."""
    said = home.addresses()
    return [
        f"production needs the address of {name}: write `{name} = http://…gov.la` into {home.path / 'addresses'}"
        for name in ("ca", "ocsp") if mode is Mode.PRODUCTION and name not in said
    ]  # fmt: skip


def issuer_addresses(home: Home, name: str, generation: int = 1) -> dict[str, str]:
    """Where an issuer's CRL, status and certificate can be had, by the column of Issuer."""
    return {
        "crl_url": f"{home.url('ca')}/crl/{name}-{generation}.crl",
        "ocsp_url": f"{home.url('ocsp')}/",
        "certificate_url": f"{home.url('ca')}/issuer/{name}-{generation}.cer",
    }


def _algorithm(issuer: Issuer) -> SignatureAlgorithm:
    return algorithm_of(parse_certificate(bytes(issuer.certificate)).spki)


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
