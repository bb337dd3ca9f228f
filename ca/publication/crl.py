"""CRLs: made from the ledger's facts, kept for ever, numbered in one rising sequence an issuer.

A CRL counts from the moment its entry is committed; one that was signed but not committed was never published,
and its number is used again. All lists of an issuer share one sequence, so a complete list and its delta do too
(RFC 5280 clauses 5.2.3 and 5.2.4).
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from ca.configuration import Configuration
from ca.events.issuance import CrlPublished
from ca.governance.provenance import verified
from ca.issuance.composition import IssuingKey
from ca.publication.entries import Entries, Share
from ca.publication.listing import released_since
from ca.tables.publication import Crl
from ledger.certificates import Issuer
from ledger.event import Actor
from ledger.facts import Facts
from ledger.ledger import MOST_FACTS, Deed, Ledger, Taken
from pki.certificate import assemble
from pki.crl import CrlEntry, CrlScope, ParsedCrl, encoded, parse_crl, serial_of, tbs_of
from pki.issuer import crl_address, shard_of
from pki.keys import verify

ROOT_LIFE = timedelta(days=366)
"""The root's key is apart; its CRL is made at ceremonies."""
_ATTEMPTS = 5
"""How often a list is made that was asked for while another process makes them too."""


class Part(NamedTuple):
    """One of an issuer's lists: of a shard or, with None, the whole one; complete or a delta."""

    shard: int | None
    delta: bool = False


class Newest(NamedTuple):
    """What is known of the newest list of a part."""

    number: int
    this_update: datetime
    changes: int


def shards_of_new_issuers(ledger: Ledger) -> int | None:
    """Into how many parts the CRL of an issuer that is made now is partitioned; None is one whole list."""
    with ledger.read() as session:
        shards = verified(session).crl_shards
    return shards if shards > 1 else None


def parts_of(issuing: IssuingKey, configuration: Configuration) -> list[Part]:
    """The lists that this issuer publishes, each complete one before its delta."""
    shards = issuing.view.crl_shards
    whole = [None] if shards is None or configuration.crl_full else []
    kinds = (False, True) if _has_deltas(issuing, configuration) else (False,)
    return [Part(shard, delta) for shard in (*whole, *range(shards or 0)) for delta in kinds]


def _has_deltas(issuing: IssuingKey, configuration: Configuration) -> bool:
    """Not above other issuers: what is made at ceremonies only has no delta between two of them."""
    return configuration.crl_delta and issuing.view.path_length == 0


def publish_changed(ledger: Ledger, issuing: IssuingKey, actor: Actor, life: timedelta) -> Crl | None:
    """Signs the whole list if the newest one lacks a change, or there is none; its age does not matter."""
    with ledger.read() as session:
        last = newest_of(session, issuing.id, Part(None))
    return next(iter(publish_parts(ledger, issuing, {Part(None): last}, actor, life)), None)


def publish_lacking(ledger: Ledger, issuing: IssuingKey, actor: Actor) -> list[Crl]:
    """Every complete list that this issuer is to have is there with every change, by the numbers in force."""
    with ledger.read() as session:
        chosen = verified(session)
        parts = {part: newest_of(session, issuing.id, part) for part in parts_of(issuing, chosen) if not part.delta}
    return publish_parts(ledger, issuing, parts, actor, timedelta(hours=chosen.crl_life_hours), configuration=chosen)


def publish(ledger: Ledger, issuing: IssuingKey, actor: Actor, life: timedelta) -> list[Crl]:
    """A complete list of each of the issuer's parts is new and in the ledger (RFC 5280 clause 5); the whole one first.

    Raises Taken when other processes were first with its numbers again and again.
    """
    with ledger.read() as session:
        parts = [part for part in parts_of(issuing, verified(session)) if not part.delta]
    for _ in range(_ATTEMPTS - 1):
        try:
            return publish_parts(ledger, issuing, dict.fromkeys(parts), actor, life)
        except Taken:
            continue  # another process published meanwhile: the next number, and the entries of now
    return publish_parts(ledger, issuing, dict.fromkeys(parts), actor, life)


def publish_parts(
    ledger: Ledger, issuing: IssuingKey, parts: Mapping[Part, Newest | None], actor: Actor, life: timedelta,
    entries: Entries | None = None, configuration: Configuration | None = None,
) -> list[Crl]:
    """A new list of each part is signed and in the ledger, from the facts or from `entries`, which are read on.

    With `configuration`, by that one, which a caller of many lists has verified already; else by the one in force.
    A part with a Newest is left out if that list has every change already. A delta goes on from the newest complete
    list of its shard, which must be there. Raises Taken when another process was first with a number: then nothing
    of the parts that were in one transaction with it is published.
    """
    now = ledger.clock.now().replace(microsecond=0)
    with ledger.read() as session:
        drafts = _drafts(session, issuing, parts, entries or Entries(issuing.id))
        number = session.scalar(select(func.max(Crl.number)).where(Crl.issuer_id == issuing.id)) or 0
        deltas = _has_deltas(issuing, configuration or verified(session))
    made: list[Crl] = []
    for start in range(0, len(drafts), MOST_FACTS):
        few = [
            (draft, _crl(ledger, issuing, draft, number + place, (now, now + life), deltas=deltas))
            for place, draft in enumerate(drafts[start : start + MOST_FACTS], start=start + 1)
        ]
        ledger.entries([Deed(_published(issuing, crl, draft), actor, [crl]) for draft, crl in few])
        made += [crl for _, crl in few]
    return made


class _Draft(NamedTuple):
    """A list that is to be made; the octets of its entries are those of every other list that has them."""

    part: Part
    share: Share
    base_number: int | None = None


def _drafts(
    session: Session, issuing: IssuingKey, parts: Mapping[Part, Newest | None], entries: Entries
) -> list[_Draft]:
    """Of the parts that have no list yet, or one made from fewer facts."""
    entries.read(session)
    shares = entries.shares(issuing.view.crl_shards)
    return [
        _delta(session, issuing, part, shares[part.shard]) if part.delta else _Draft(part, shares[part.shard])
        for part, last in parts.items()
        if last is None or last.changes != shares[part.shard].changes
    ]


def _delta(session: Session, issuing: IssuingKey, part: Part, share: Share) -> _Draft:
    """What the newest complete list does not say, or says and is no longer so (RFC 5280 clause 5.2.4)."""
    base = parse_crl(session.scalars(_newest(issuing.id, Part(part.shard)).with_only_columns(Crl.der)).one())
    before = {encoded(entry): entry.serial for entry in base.entries}
    new = [octets for octets in share.entries if octets not in before]
    listed = {serial_of(octets) for octets in new} | {before[octets] for octets in before.keys() & share.entries}
    gone: dict[int, CrlEntry] = {}
    for entry in _released(session, issuing, part.shard, base):
        if entry.serial not in listed:
            gone.setdefault(entry.serial, entry)
    return _Draft(part, Share([*new, *map(encoded, gone.values())], share.changes), base.number)


def _released(session: Session, issuing: IssuingKey, shard: int | None, base: ParsedCrl) -> Iterator[CrlEntry]:
    """What may have been held on the base, or on a list since, and is no longer; twice, or held again, perhaps."""
    for dense, entry in released_since(session, issuing.id, base.this_update - timedelta(seconds=1)):
        if shard is None or shard_of(dense, issuing.view.crl_shards) == shard:
            yield entry
    yield from (CrlEntry(entry.serial, entry.at, "removeFromCRL") for entry in base.entries)


def _crl(
    ledger: Ledger,
    issuing: IssuingKey,
    draft: _Draft,
    number: int,
    span: tuple[datetime, datetime],
    *,
    deltas: bool,
) -> Crl:
    view, shard, base = issuing.view, draft.part.shard, draft.base_number
    scope = CrlScope(
        "" if shard is None else crl_address(view.crl_url, shard),
        base,
        crl_address(view.crl_url, shard, delta=True) if deltas and base is None else "",
    )
    der = _signed(issuing, tbs_of(view, number, *span, b"".join(draft.share.entries), scope))
    return Crl(
        id=ledger.new_id(),
        issuer_id=issuing.id,
        number=number,
        der=der,
        this_update=span[0],
        next_update=span[1],
        changes=draft.share.changes,
        shard=shard,
        base_number=base,
        sha256=sha256(der).hexdigest(),
    )


def _signed(issuing: IssuingKey, tbs: bytes) -> bytes:
    signature = issuing.signer.sign(tbs)
    verify(issuing.spki, issuing.signer.algorithm, tbs, signature)
    return assemble(tbs, issuing.signer.algorithm, signature)


def _published(issuing: IssuingKey, crl: Crl, draft: _Draft) -> CrlPublished:
    return CrlPublished(issuing.id, crl.number, len(draft.share.entries), str(crl.sha256), crl.shard, crl.base_number)


def newest_of(session: Session, issuer_id: str, part: Part) -> Newest | None:
    """What there is of this part."""
    rows = _known(part.shard is not None, part.delta).rows(session, {"issuer": issuer_id, "shard": part.shard})
    return Newest(*rows[0]) if rows else None


def in_force(session: Session, name: str, generation: int, part: Part, at: datetime | None = None) -> Crl | None:
    """The newest list of this part, or the one that was the newest at `at` and had not lapsed then."""
    issuer_id = session.scalar(select(Issuer.id).where(Issuer.name == name, Issuer.generation == generation))
    statement = _newest(str(issuer_id), part)
    if at is None:
        return session.scalar(statement)
    found = session.scalar(statement.where(Crl.this_update <= at))
    return found if found is not None and found.next_update > at else None


def newest(session: Session, name: str, generation: int) -> Crl | None:
    """The whole list in force of this issuer."""
    return in_force(session, name, generation, Part(None))


def issuer_certificate(session: Session, name: str, generation: int) -> bytes | None:
    """The issuer's own certificate, DER."""
    return session.scalar(select(Issuer.certificate).where(Issuer.name == name, Issuer.generation == generation))


def _newest(issuer_id: str, part: Part) -> Select[Crl]:
    return _newest_of_kind(part.shard is not None, part.delta).params(issuer=issuer_id, shard=part.shard)


@cache
def _known(sharded: bool, delta: bool) -> Facts:  # noqa: FBT001 - of a Part
    columns = Crl.number, Crl.this_update, Crl.changes
    return Facts(_newest_of_kind(sharded, delta).with_only_columns(*columns))


def _newest_of_kind(sharded: bool, delta: bool) -> Select[Crl]:  # noqa: FBT001 - of a Part
    of_shard = Crl.shard == bindparam("shard") if sharded else Crl.shard.is_(None)
    kind = Crl.base_number.is_not(None) if delta else Crl.base_number.is_(None)
    newer = Crl.this_update.desc(), Crl.number.desc()
    return select(Crl).where(Crl.issuer_id == bindparam("issuer"), of_shard, kind).order_by(*newer).limit(1)
