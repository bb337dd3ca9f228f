"""What a person agreed that services get, claim by claim: remembered until a day, reviewed and taken back by him.

Each word of the person is a new version of the consent for one client; taken back, it is one without scopes, and
what the client was given before is dead (`idp.grants.live`). A claim that he leaves out, or takes back alone, goes to
the client no more from that moment on, by whatever it was given, until he agrees to that very claim. A consent is for
the client that the person was shown: under another name, or where its answers go to another host, it counts no more.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session as Reading

from idp.claims import SCOPE_OF
from idp.clients import current, host_of
from idp.consents.matters import MATTER_OF, claims_of_scopes
from idp.consents.question import KNOWN_AGAIN, Question, Word
from idp.consents.tables import ConsentVersion
from idp.events import ConsentGiven, ConsentNarrowed, ConsentRevoked
from idp.policy import CONSENT_LIFE
from idp.scopes import SCOPES
from idp.sessions import LiveSession
from idp.since import since
from idp.tables import Client
from ledger.event import Actor, Event
from ledger.facts import Facts
from ledger.ledger import Ledger, Taken
from ledger.rounds import looked_up

NOTHING_SAID = Word()


@dataclass(frozen=True)
class Remembered:
    """A consent that is kept: for which client, what it gets and does not, and from when until when."""

    client: Client
    word: Word
    at: datetime
    until: datetime


def word_of(reading: Reading, account_id: str, client_id: str, now: datetime) -> Word:
    """What the person has said about this client, as far as it counts now."""
    newest = _newest(reading, account_id, client_id)
    if newest is None or not newest.scope or now >= newest.until:
        return NOTHING_SAID
    became = became_known(reading, client_id)
    return _word(newest) if became is None or became < newest.at else NOTHING_SAID


def withheld(reading: Reading, account_id: str, client_id: str) -> frozenset[str]:
    """The claims that the client does not get, whatever else it may ask for: the newest no counts, however old."""
    return withheld_by(looked_up(reading, _newest_of, (account_id, client_id)))


def withheld_by(newest: ConsentVersion | None) -> frozenset[str]:
    """What this version of the consent withholds."""
    return frozenset((newest.withheld or "").split()) if newest is not None else frozenset()


def became_known(reading: Reading, client_id: str) -> datetime | None:
    """From when on the client has had the names, hosts and sector by which people know it; None for always."""
    return since(reading, client_id, _known_by)


def remembered(reading: Reading, account_id: str, now: datetime) -> Sequence[Remembered]:
    """All consents of the person whose time is not over, the newest first.

    Also for a client that has become another since: he may take back what it still holds.
    """
    own = select(ConsentVersion).where(ConsentVersion.account_id == account_id, ConsentVersion.until > now)
    found: dict[str, ConsentVersion] = {}
    for version in reading.scalars(own.order_by(ConsentVersion.number.desc())):
        found.setdefault(version.client_id, version)
    kept = sorted((one for one in found.values() if one.scope), key=lambda one: one.at, reverse=True)
    clients = [current(reading, one.client_id) for one in kept]
    return [
        Remembered(client, _word(one), one.at, one.until)
        for client, one in zip(clients, kept, strict=True) if client is not None
    ]  # fmt: skip


def give(
    ledger: Ledger, account_id: str, client_id: str, asked: Question, left_out: Collection[str], actor: Actor
) -> None:
    """The person's yes to what he was asked, but for the claims `left_out`, counts for CONSENT_LIFE.

    So does what he said before: a client is remembered by one day. A no counts however old it is.
    """
    with ledger.read() as reading:
        given = word_of(reading, account_id, client_id, ledger.clock.now()).given
        before = withheld(reading, account_id, client_id)
    no = asked.claims & frozenset(left_out)
    yes = (asked.claims - no) | {KNOWN_AGAIN}
    said = Word((given | yes) - no, (before | no) - yes)
    _enter(ledger, ConsentGiven(account_id, client_id), said, actor)


def revoke(ledger: Ledger, session: LiveSession, client_id: str) -> None:
    """The client gets nothing more, and what it holds is dead; again is no harm.

    What he left out stays left out: a policy of his organisation would give it (`idp.consents.preapproved`).
    """
    account_id = session.account_id
    with ledger.read() as reading:
        newest = _newest(reading, account_id, client_id) if client_id.isprintable() else None
    if newest is not None and newest.scope and ledger.clock.now() < newest.until:
        said = Word(withheld=_word(newest).withheld)
        _enter(ledger, ConsentRevoked(account_id, client_id), said, Actor.person(session.person_id))


def narrow(ledger: Ledger, session: LiveSession, client_id: str, matters: Collection[str]) -> None:
    """Of what the client gets, the claims of these matters go to it no more. What is not among it changes nothing.

    The agreement stays as old as it is: the client may have become another since.
    """
    account_id, now = session.account_id, ledger.clock.now()
    with ledger.read() as reading:
        newest = _newest(reading, account_id, client_id) if client_id.isprintable() else None
    if newest is None or not newest.scope or now >= newest.until:
        return
    before = _word(newest)
    no = frozenset(claim for claim in before.given - {KNOWN_AGAIN} if MATTER_OF[claim] in matters)
    if no:
        said = Word(before.given - no, before.withheld | no)
        _enter(ledger, ConsentNarrowed(account_id, client_id), said, Actor.person(session.person_id), newest)


def _known_by(client: Client) -> object:
    hosts = {urlsplit(uri).hostname for uri in client.redirect_uris.split()}
    return client.name_lo, client.name_en, host_of(client.sector), hosts


def _word(version: ConsentVersion) -> Word:
    scopes = version.scope.split()
    given = claims_of_scopes(scopes) if version.claims is None else version.claims.split()
    return Word(frozenset({*given, *({KNOWN_AGAIN} & set(scopes))}), frozenset((version.withheld or "").split()))


def _newest(reading: Reading, account_id: str, client_id: str) -> ConsentVersion | None:
    own = select(ConsentVersion).where(ConsentVersion.account_id == account_id, ConsentVersion.client_id == client_id)
    return reading.scalar(own.order_by(ConsentVersion.number.desc()).limit(1))


def _newest_of(reading: Reading, keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], ConsentVersion]:
    """The newest version of each account and client."""
    rows = _VERSIONS.rows(reading, {"accounts": list({account_id for account_id, _ in keys})})
    wanted = set(keys)
    return {key: one for (one,) in rows if (key := (one.account_id, one.client_id)) in wanted}


_VERSIONS = Facts(
    select(ConsentVersion)
    .where(ConsentVersion.account_id.in_(bindparam("accounts", expanding=True)))
    .order_by(ConsentVersion.number)
)


def _scope_of(said: Word) -> str:
    """What goes together with these claims; empty where the person has agreed to nothing any more."""
    named = {SCOPE_OF.get(claim, claim) for claim in said.given}
    return " ".join(scope for scope in SCOPES if scope in named)


def _enter(
    ledger: Ledger, event: ConsentGiven | ConsentNarrowed | ConsentRevoked, said: Word, actor: Actor,
    narrowed: ConsentVersion | None = None,
) -> None:  # fmt: skip
    """The next version: of two words at once both are kept, one after the other."""
    with ledger.read() as reading:
        newest = _newest(reading, event.account, event.client)
    number, entered = newest.number if newest is not None else 0, False
    while not entered:
        number += 1
        at = narrowed.at if narrowed else ledger.clock.now()
        version = ConsentVersion(
            id=ledger.new_id(), account_id=event.account, client_id=event.client, number=number,
            scope=_scope_of(said), at=at, until=narrowed.until if narrowed else at + CONSENT_LIFE,
            claims=" ".join(sorted(said.given - {KNOWN_AGAIN})), withheld=" ".join(sorted(said.withheld)),
        )  # fmt: skip
        entered = _entered(ledger, event, version, actor)


def _entered(ledger: Ledger, event: Event, version: ConsentVersion, actor: Actor) -> bool:
    try:
        with ledger.entry(event, actor) as tx:
            tx.add(version)
    except Taken:
        return False
    return True
