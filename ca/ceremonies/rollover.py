"""Roll-over: the next generation of an issuer is made ahead of time, and begins on its day.

The generation before it certifies nobody any more from that day on; its CRL and its responder go on until the last
of its certificates has ended. A ceremony that was interrupted goes on with the generation that it had begun.
"""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import RESPONDER_LIFE, Ceremony, issuer_view_of, policy_arc
from ca.ceremonies.cross import certify_each_other
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import State, first_name, generations, is_root, issuer_key, named, starts_of
from ca.ceremonies.next_key import next_key, next_kind
from ca.ceremonies.subordinate import subject_of
from ca.events.hierarchy import IssuerStartSet
from ca.issuance.composition import IssuingKey, Wanted
from ca.profiles import PROFILES, profile_of_issuer, root_of
from ca.publication.crl import ROOT_LIFE, publish_changed, publish_lacking
from ca.tables.ceremonies import KeyDestruction
from ca.tables.hierarchy import IssuerStart
from ledger.certificates import Certificate, Intent, Issuer, KeyUse, generation_name
from pki.certificate import parse_tbs, root_view
from pki.key_kind import KeyKind
from pki.keys import key_sha256


def roll_over(ceremony: Ceremony, name: str, starts_at: datetime, kind: KeyKind | None = None) -> IssuingKey:
    """The next generation of `name` is there with key, certificate, responder and CRLs, and signs from `starts_at` on.

    A root certifies itself, and the root before it and it certify each other if that one stands; an issuing CA is
    certified by its root in use. The key is of this kind, or without one of the kind of the one before it. While a
    generation waits for its start, it is the one that is meant: its day moves to `starts_at`. Raises CeremonyFailed.
    """
    number = _begun(ceremony, name)
    next_kind(ceremony, name, number, kind)  # before anything is begun that could not be finished
    former = generation_name(name, number - 1)
    if is_root(name):
        if stands(ceremony, former):
            ceremony.opened_generation(former)  # before anything is begun that could not be finished without it
        _set_start(ceremony, name, number, starts_at)
        return _next_root(ceremony, name, number, kind)
    root = ceremony.in_use(root_of(name))
    _set_start(ceremony, name, number, starts_at)
    key = _next_issuer(ceremony, root, name, number, kind)
    publish_lacking(ceremony.ledger, key, ceremony.actor)
    ceremony.list_endings(root)
    # The last thing: with it the roll-over is finished, and the next call begins another (`_finished`).
    responder, algorithm = f"ocsp-{generation_name(name, number)}", key.signer.algorithm
    ceremony.service(responder, "ocsp-responder", key, algorithm=algorithm, validity=RESPONDER_LIFE)
    return key


def roll_over_to(
    ceremony: Ceremony, name: str, generation: int, starts_at: datetime, kind: KeyKind | None = None, *,
    alone: bool = False,
) -> None:  # fmt: skip
    """As `roll_over`, if it is this generation that comes next; done before, it stays. Raises CeremonyFailed.

    `alone` is a root that the one before it does not vouch for: as agreed, or nothing is done.
    """
    with ceremony.ledger.read() as session:
        planned = starts_of(session).get((name, generation))
        done = planned == starts_at and _finished(session, name, generation)
    if done:
        return
    if (number := _begun(ceremony, name)) != generation:
        raise CeremonyFailed(
            f"the next generation of {name} is {number}, not {generation}: correct the plan", "ceremony.plan-differs"
        )
    if is_root(name) and alone is stands(ceremony, former := generation_name(name, generation - 1)):
        agreed = f"{former} stands" if alone else f"{former} has ended"
        issuer = former if alone else generation_name(name, generation)
        raise CeremonyFailed(
            f"{agreed}: correct the plan, the issuer of this step is {issuer}", "ceremony.plan-differs"
        )
    roll_over(ceremony, name, starts_at, kind)


def _begun(ceremony: Ceremony, name: str) -> int:
    """The number of the generation that is under way, or of a new one."""
    now = ceremony.ledger.clock.now()
    with ceremony.ledger.read() as session:
        found = [one for one in generations(session, now) if one.issuer.name == name]
        starts = starts_of(session)
        planned = max((number for known, number in starts if known == name), default=0)
        finished = planned == 0 or _finished(session, name, planned)
    if not found:
        raise CeremonyFailed(
            f"there is no issuer {name} yet: run `python -m scripts ceremony-issuer {name}`", "ceremony.issuer-unknown"
        )
    newest = max(found[0].issuer.generation, planned)
    waits = planned == newest and starts[name, planned] > now
    return newest if waits or not finished else newest + 1


def _finished(session: Session, name: str, number: int) -> bool:
    """Whether this generation has its responder: the last thing that a roll-over makes."""
    uses = select(KeyUse.key_sha256).where(KeyUse.subject == f"ocsp-{generation_name(name, number)}")
    made = select(Certificate.id).where(Certificate.key_sha256.in_(uses))
    return session.scalar(made.limit(1)) is not None


def _set_start(ceremony: Ceremony, name: str, generation: int, starts_at: datetime) -> None:
    mine = (IssuerStart.name == name, IssuerStart.generation == generation)
    with ceremony.ledger.read() as session:
        if starts_of(session).get((name, generation)) == starts_at:
            return
        number = (session.scalar(select(func.max(IssuerStart.number)).where(*mine)) or 0) + 1
    row = IssuerStart(id=ceremony.ledger.new_id(), name=name, generation=generation, number=number, starts_at=starts_at)
    ceremony.write(IssuerStartSet(name, generation, starts_at), row)


def _next_issuer(
    ceremony: Ceremony, root: IssuingKey, name: str, number: int, kind: KeyKind | None
) -> IssuingKey:
    """This generation with its key, certified by `root` if it is not yet."""
    signer = next_key(ceremony, name, number, kind)
    found = _issuer(ceremony, name, number)
    if found is None:
        profile = profile_of_issuer(name)
        wanted = Wanted(
            profile, _subject(ceremony, name, number), signer.public_key, profile.longest_validity,
            makes_issuer=ceremony.new_issuer(name, number),
        )  # fmt: skip
        ceremony.certified(root, wanted, generation_name(name, number))
        found = _made(_issuer(ceremony, name, number), name)
    ceremony.keep_at(ceremony.home.certificate(found.key_name), bytes(found.certificate))
    return IssuingKey(found.id, issuer_view_of(found, ceremony.home), signer)


def _next_root(ceremony: Ceremony, name: str, number: int, kind: KeyKind | None) -> IssuingKey:
    """A root of this generation that certified itself, with its responder and its CRL."""
    signer = next_key(ceremony, name, number, kind)
    found = _issuer(ceremony, name, number)
    if found is None:
        now, profile = ceremony.ledger.clock.now().replace(microsecond=0), PROFILES["root-ca"]
        subject = _subject(ceremony, name, number)
        until = now + profile.longest_validity
        view = root_view(subject, signer.public_key, now, until, policy_arc(ceremony.mode))
        with ceremony.ledger.read() as session:
            begun = _begun_root(session, key_sha256(signer.public_key))
        issuer = ceremony.new_issuer(name, number, begun)
        wanted = Wanted(profile, subject, signer.public_key, profile.longest_validity, makes_issuer=issuer)
        ceremony.certified(IssuingKey(issuer.id, view, signer), wanted, generation_name(name, number))
        found = _made(_issuer(ceremony, name, number), name)
    ceremony.keep_at(ceremony.home.certificate(found.key_name), bytes(found.certificate))
    key = IssuingKey(found.id, issuer_view_of(found, ceremony.home), signer)
    if stands(ceremony, former := generation_name(name, number - 1)):
        certify_each_other(ceremony, former, found.key_name)
    publish_changed(ceremony.ledger, key, ceremony.actor, ROOT_LIFE)
    ceremony.service(f"ocsp-{found.key_name}", "ocsp-responder", key, algorithm=key.signer.algorithm)
    return key


def stands(ceremony: Ceremony, former: str) -> bool:
    """Whether this root can vouch and be vouched for: it has not ended, and its key is neither lost nor given up."""
    with ceremony.ledger.read() as session:
        found = named(session, ceremony.ledger.clock.now(), former)
        if found is None or found.state in (State.TERMINATED, State.COMPROMISED, State.EXPIRED):
            return False
        return session.get(KeyDestruction, issuer_key(found.issuer)) is None


def _begun_root(session: Session, key: str) -> str | None:
    """The id under which an interrupted ceremony meant to certify this very root, so that its intent is ended."""
    known = select(Issuer.id)
    left = select(Intent).where(Intent.profile == "root-ca", Intent.issuer_id.not_in(known))
    same = (one.issuer_id for one in session.scalars(left) if key_sha256(parse_tbs(bytes(one.tbs)).spki) == key)
    return next(same, None)


def _subject(ceremony: Ceremony, name: str, number: int) -> bytes:
    """The DER Name of this generation, after the first one's."""
    with ceremony.ledger.read() as session:
        return subject_of(ceremony.mode, name, number, first_name(session, name))


def _issuer(ceremony: Ceremony, name: str, number: int) -> Issuer | None:
    with ceremony.ledger.read() as session:
        return session.scalar(select(Issuer).where(Issuer.name == name, Issuer.generation == number))


def _made(found: Issuer | None, name: str) -> Issuer:
    if found is None:
        raise CeremonyFailed(
            f"{name} was signed but is not in the ledger: look at the transcript", "ceremony.otherwise"
        )
    return found
