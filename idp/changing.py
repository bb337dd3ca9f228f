"""A person on duty changes what a service is registered with, which a person on duty had registered.

Who registered himself manages that himself (`idp.registration`): two hands on one registration would undo each other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import exists, select
from sqlalchemy.orm import Session as Reading

from idp.clients import Registration, current, kept, may_register, registration_of, row
from idp.events import ClientChanged
from idp.fitness import ALGORITHMS
from idp.handles import HandleKind, digest, new_handle
from idp.management import Manager, act_of, manager, refused
from idp.registered import registered
from idp.registration.tables import ClientVersion
from idp.tables import Client
from idp.usable_keys import key_refusal
from ledger.acts import Act, SignedAct
from ledger.canonical import canonical
from ledger.decision import Refuse
from ledger.ledger import Ledger, Taken

KIND = "client.change"


@dataclass(frozen=True)
class Change:
    """What the client is to be. It is made of the version `before`, and of no other."""

    client_id: str
    before: int
    wanted: Registration
    other_subjects: bool = False
    """Its people may get another `sub`: it is known that the service finds none of them again by the old one."""
    new_secret: bool = False

    def digest(self) -> str:
        """SHA-256 in hex of all of it, which whoever changes it signs."""
        said = [self.client_id, self.before, self.wanted.digest(), self.other_subjects, self.new_secret]
        return sha256(canonical(said)).hexdigest()


@dataclass(frozen=True)
class Changed:
    """The new version. The secret exists here and with the service, nowhere else; empty when there is no new one."""

    number: int
    client_secret: str


def changing(change_: Change, at: datetime) -> Act:
    """What the person signs who changes a client."""
    return act_of(KIND, change_.digest(), at)


def as_it_is(reading: Reading, client_id: str) -> tuple[Registration, int] | Refuse:
    """What the client is registered with, and the number of that version."""
    found = registered(reading, client_id)
    if found is None:
        return Refuse("client.unknown")
    if found.retired:
        return Refuse("client.retired")
    if reading.scalar(select(exists().where(ClientVersion.client_id == client_id, ClientVersion.number == 1))):
        return Refuse("client.manages-itself")
    client = current(reading, client_id)
    assert client is not None, "it was found"
    return registration_of(client), found.version.number if found.version else 1


def change(ledger: Ledger, wanted: Change, signed: SignedAct, served: Collection[str] = ALGORITHMS) -> Changed | Refuse:
    """The client is as the change has it from now on; `signed` is `changing` under the key of a person on duty.

    `served` are the algorithms that keys of ours are for, as far as the caller can tell.
    """
    by = manager(ledger, signed, KIND, wanted.digest())
    if isinstance(by, Refuse):
        return by
    with ledger.read() as reading:
        client, refusal = current(reading, wanted.client_id), _refusal(reading, wanted, served)
    if refusal is not None or client is None:
        return refused(ledger, client.id if client else "unknown", refusal or "client.unknown", by.person_id)
    return _enter(ledger, client, wanted, by)


def _refusal(reading: Reading, wanted: Change, served: Collection[str]) -> str | None:
    """Why it cannot be changed so, if it cannot."""
    before = as_it_is(reading, wanted.client_id)
    if isinstance(before, Refuse):
        return before.code
    if before[1] != wanted.before:
        return "client.changed-meanwhile"
    fit = may_register(wanted.wanted)
    if isinstance(fit, Refuse):
        return fit.code
    if wanted.new_secret and not wanted.wanted.has_secret:
        return "client.no-secret"
    if not wanted.wanted.signed_with <= set(served):
        return "client.algorithm-unserved"
    sectors = {row(wanted.client_id, one, "").sector for one in (before[0], wanted.wanted)}
    others = len(sectors) > 1 and not wanted.other_subjects
    return "client.other-subjects" if others else key_refusal(reading, wanted.wanted.jwks)


def _enter(ledger: Ledger, client: Client, wanted: Change, by: Manager) -> Changed | Refuse:
    needs_one = wanted.wanted.has_secret and (wanted.new_secret or not client.secret_sha256)
    secret = new_handle(HandleKind.CLIENT_SECRET, ledger.randomness) if needs_one else ""
    known = client.secret_sha256 if wanted.wanted.has_secret else ""
    version = ClientVersion(
        id=ledger.new_id(),
        client_id=client.id,
        number=wanted.before + 1,
        registration=kept(wanted.wanted),
        secret_sha256=digest(secret) if secret else known,
        token_sha256=digest(new_handle(HandleKind.REGISTRATION, ledger.randomness)),
        at=ledger.clock.now(),
    )
    try:
        with ledger.entry(ClientChanged(client.id, version.number), by.actor) as tx:
            tx.add(version, by.proof(tx.new_id()))
    except Taken:
        return refused(ledger, client.id, "client.changed-meanwhile", by.person_id)
    return Changed(version.number, secret)
