"""Who certifies now and what the ledger says of each issuer before it does, read in one snapshot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from ca.ceremonies.generations import State, ended, generations
from ca.configuration import Configuration
from ca.governance.provenance import Issuers, verified
from ca.issuance.composition import IssuingKey
from ca.statement.versions import IN_FORCE, naming_version
from ca.tables.hierarchy import IssuerEnd
from ledger.certificates import Intent
from ledger.facts import Asked, Facts

_SAID = Facts(
    select(
        select(func.max(Intent.dense_number)).where(Intent.issuer_id == bindparam("issuer")).scalar_subquery(),
        select(IssuerEnd.kind).where(IssuerEnd.issuer_id == bindparam("issuer")).scalar_subquery(),
        IN_FORCE.scalar_subquery(),
    )
)


@dataclass(frozen=True)
class Outset:
    """What one issuer's certificates begin with. Only `outset_of` makes it."""

    issuing: IssuingKey
    """As its certificates refer to it now."""
    configuration: Configuration
    newest: int
    """The dense number of its newest intent; 0 before the first."""
    ended: str | None
    """The kind of its end."""


def outset_of(session: Session, issuing: IssuingKey, issuers: Issuers, *, signs: bool = False) -> Outset:
    """The outset of this issuer, under the configuration that counts by `issuers`.

    `signs`: this very snapshot told (`signing_keys`) that it signs, so that it need not be asked whether it ended.
    """
    (newest, kind, version), *_ = _SAID.rows(session, {"issuer": issuing.id})
    how = kind or ("terminate" if not signs and ended(session, [issuing.id]) else None)
    return Outset(naming_version(version, issuing), verified(session, issuers), newest or 0, how)


def outsets_of(
    session: Session, names: Iterable[str], issuing: Mapping[str, IssuingKey], issuers: Issuers, now: datetime
) -> Mapping[str, Outset | str]:
    """By issuer name the outset of the one, of those in `issuing`, that signs now, or the code why none does here."""
    wanted = sorted(names)
    if not wanted:
        return {}
    theirs = [(_SAID, {"issuer": key.id}) for name, key in issuing.items() if name.startswith(tuple(wanted))]
    keys = signing_keys(session, issuing, now, theirs)
    outsets: dict[str, Outset | str] = {}
    for name in wanted:
        key = keys.get(name, "enrolment.no-issuer")
        outsets[name] = key if isinstance(key, str) else outset_of(session, key, issuers, signs=True)
    return outsets


def signing_keys(
    session: Session, issuing: Mapping[str, IssuingKey], now: datetime, beside: Asked = ()
) -> Mapping[str, IssuingKey | str]:
    """By issuer name the key, of those in `issuing`, that signs now, or the code why there is none here.

    What will be asked `beside` is foreseen.
    """
    here = {key.id: key for key in issuing.values()}
    found = generations(session, now, beside)
    chosen: dict[str, IssuingKey | str] = {}
    for one in reversed(found):
        over = one.state in (State.TERMINATED, State.COMPROMISED)
        chosen[one.issuer.name] = "issuance.issuer-ended" if over else "issuance.no-issuer"
    for one in found:
        if one.state is State.SIGNS:
            chosen[one.issuer.name] = here.get(one.issuer.id) or "issuance.key-not-here"
    return chosen
