"""The bodies of the state through time: read from a file, loaded without harm any number of times, listed."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.addresses import parse_mail
from ledger.dates import day_begins
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import Organisation, OrganisationDetail, Succession
from ledger.spelling import sort_key, stored
from ledger.standing import period_at
from register.events import OrganisationChanged, OrganisationRegistered, SuccessionRecorded


@dataclass(frozen=True)
class OrganisationRecord:
    """A body in one stretch of its life. `valid_to` is the first day on which it was no more (so)."""

    code: str
    kind: str
    name_lo: str
    name_en: str
    domains: tuple[str, ...]
    valid_from: date
    valid_to: date | None
    successors: tuple[str, ...] = ()
    contact: str | None = None
    """Where the body is told of its officers' certificates: one mail address."""

    def __post_init__(self) -> None:
        """Raises ValueError for a contact to which no letter could go."""
        if self.contact is not None and parse_mail(self.contact) != self.contact:
            raise ValueError(
                f"{self.code}: contact {self.contact!r} is not one plain mail address; write name@ministry.gov.la, or "
                "null / ຜູ້ຕິດຕໍ່ຕ້ອງເປັນອີເມວດຽວ; ຂຽນແບບ name@ministry.gov.la ຫຼື null"
            )


@dataclass(frozen=True)
class Body:
    """An organisation as the register has it: all its dated versions, and the codes of what succeeded it."""

    id: str
    code: str
    versions: tuple[OrganisationDetail, ...]
    successors: tuple[str, ...] = ()

    def at(self, moment: datetime) -> OrganisationDetail:
        """The version that tells of the moment, or the nearest one."""
        return period_at(self.versions, moment)

    def stood(self, moment: datetime) -> bool:
        """Whether the body existed at the moment."""
        version = self.at(moment)
        return version.valid_from <= moment and (version.valid_to is None or moment < version.valid_to)


@dataclass(frozen=True)
class Loaded:
    """How many organisations and successions were new, had changed, or were as they are."""

    registered: int = 0
    changed: int = 0
    same: int = 0
    successions: int = 0


def read_organisations(path: Path) -> list[OrganisationRecord]:
    """The records of a JSON file `{"organisations": [{"code": …}]}`. Raises KeyError and ValueError for a bad file."""
    return [_record(item) for item in json.loads(path.read_text("utf-8"))["organisations"]]


def load_organisations(ledger: Ledger, records: Iterable[OrganisationRecord], actor: Actor) -> Loaded:
    """The register has the records and their successions. What it has already is left; nothing is taken away."""
    loaded, wanted = Loaded(), list(records)
    with ledger.read() as session:
        known = bodies(session)
    for record in wanted:
        loaded = _load(ledger, record, known.get(record.code), actor, loaded)
    with ledger.read() as session:
        known = bodies(session)
    for record in wanted:
        loaded = _succeed(ledger, record, known, actor, loaded)
    return loaded


def bodies(session: Session) -> dict[str, Body]:
    """Every organisation of the register, by code."""
    codes: dict[str, str] = {row.id: row.code for row in session.execute(select(Organisation.id, Organisation.code))}
    versions: dict[str, list[OrganisationDetail]] = {}
    for detail in session.scalars(select(OrganisationDetail).order_by(OrganisationDetail.number)):
        versions.setdefault(detail.organisation_id, []).append(detail)
    followed: dict[str, list[str]] = {}
    for succession in session.scalars(select(Succession).order_by(Succession.id)):
        followed.setdefault(succession.organisation_id, []).append(codes[succession.successor_id])
    return {
        code: Body(key, code, tuple(versions[key]), tuple(followed.get(key, ())))
        for key, code in codes.items()
        if key in versions
    }


def listed(session: Session, at: datetime) -> list[dict[str, Any]]:
    """The bodies that stood at `at`, in Lao order within their kind, as JSON: times in ISO 8601, UTC."""
    standing = [body for body in bodies(session).values() if body.stood(at)]
    views = [_view(body, body.at(at)) for body in standing]
    return sorted(views, key=lambda view: (view["kind"], sort_key(view["name"]["lo"])))


def _view(body: Body, detail: OrganisationDetail) -> dict[str, Any]:
    return {
        "code": body.code,
        "kind": detail.kind,
        "name": {"lo": detail.name_lo, "en": detail.name_en},
        "domains": detail.domains.split(),
        "valid_from": detail.valid_from.isoformat(),
        "valid_to": detail.valid_to.isoformat() if detail.valid_to else None,
        "successors": list(body.successors),
    }


def _record(item: Mapping[str, Any]) -> OrganisationRecord:
    return OrganisationRecord(
        item["code"],
        item["kind"],
        stored(item["name_lo"]),
        stored(item["name_en"]),
        tuple(item["domains"].split()),
        date.fromisoformat(item["valid_from"]),
        date.fromisoformat(item["valid_to"]) if item["valid_to"] else None,
        tuple(item["successors"]),
        item.get("contact"),
    )


def _values(record: OrganisationRecord) -> dict[str, Any]:
    return {
        "kind": record.kind,
        "name_lo": record.name_lo,
        "name_en": record.name_en,
        "domains": " ".join(record.domains),
        "contact": record.contact,
        "valid_from": day_begins(record.valid_from),
        "valid_to": day_begins(record.valid_to) if record.valid_to else None,
    }


def _load(ledger: Ledger, record: OrganisationRecord, body: Body | None, actor: Actor, loaded: Loaded) -> Loaded:
    values = _values(record)
    if body is None:
        key = ledger.new_id()
        with ledger.entry(OrganisationRegistered(key, record.code), actor) as tx:
            tx.add(Organisation(id=key, code=record.code))
            tx.add(OrganisationDetail(id=tx.new_id(), organisation_id=key, number=1, **values))
        return replace(loaded, registered=loaded.registered + 1)
    replaced = [one for one in body.versions if one.valid_from == values["valid_from"]]
    if replaced and all(getattr(replaced[-1], name) == value for name, value in values.items()):
        return replace(loaded, same=loaded.same + 1)
    number = body.versions[-1].number + 1
    with ledger.entry(OrganisationChanged(body.id, number), actor) as tx:
        tx.add(OrganisationDetail(id=tx.new_id(), organisation_id=body.id, number=number, **values))
    return replace(loaded, changed=loaded.changed + 1)


def _succeed(
    ledger: Ledger, record: OrganisationRecord, known: Mapping[str, Body], actor: Actor, loaded: Loaded
) -> Loaded:
    body = known[record.code]
    missing = [code for code in record.successors if code not in body.successors]
    at = day_begins(record.valid_to or record.valid_from)
    for code in missing:
        event = SuccessionRecorded(body.id, known[code].id, at)
        with ledger.entry(event, actor) as tx:
            tx.add(Succession(id=tx.new_id(), organisation_id=body.id, successor_id=known[code].id, at=at))
    return replace(loaded, successions=loaded.successions + len(missing))
