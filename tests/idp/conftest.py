"""A provider with two services of the government, a foreign one, and two persons of the register."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest
from flask import Flask

from idp.accounts import OpenedAccount
from idp.app import build
from idp.clients import RegisteredClient, Registration
from idp.provider import Provider
from ledger.event import Actor, Event, Id
from ledger.ledger import Ledger
from ledger.people import Person as PersonRow
from ledger.people import PersonDetail
from ledger.sealed_fields import SealedFields
from tests.doubles import SteadyChance, TurnedClock
from tests.idp.desk import Desk, desk_of
from tests.idp.visitor import ISSUER, PASSWORD, Person, Service, Visitor
from tests.issuing import KeySigner
from tests.serving import home_with_keys, settings_for

DESK = Actor.system("test")


@dataclass(frozen=True)
class PersonRegistered(Event):
    kind: ClassVar[str] = "person.registered"
    person: Id


@pytest.fixture
def provider(ledger: Ledger, chance: SteadyChance) -> Provider:
    return Provider(ledger, SealedFields([bytes(range(32))], chance), KeySigner(), ISSUER)


@pytest.fixture
def app(provider: Provider, tmp_path: Path) -> Flask:
    return build(settings_for("idp", home_with_keys(tmp_path / "home", {}), provider.ledger.url), provider)


@pytest.fixture
def desk(ledger: Ledger) -> Desk:
    return desk_of(ledger)


@pytest.fixture
def enrolled(ledger: Ledger, desk: Desk, provider: Provider, clock: TurnedClock) -> Callable[[str, str, str], Person]:
    def enrol(number: str, mail: str, phone: str) -> Person:
        with ledger.entry(PersonRegistered(number), DESK) as tx:
            tx.add(PersonRow(id=f"p-{number}", number=number))
        with ledger.entry(PersonRegistered(number), DESK) as tx:
            tx.add(
                PersonDetail(
                    id=f"d-{number}", person_id=f"p-{number}", number=1, given_lo="ສົມພອນ", family_lo="ແກ້ວວົງສາ",
                    given_en="Somphone", family_en="Keovongsa", title=None, born=None, mail=mail, phone=phone,
                    search_key="x", source="officers",
                )
            )  # fmt: skip
        opened = desk.open(provider.fields, number, PASSWORD)
        assert isinstance(opened, OpenedAccount)
        return Person(f"p-{number}", number, opened, clock)

    return enrol


@pytest.fixture
def somphone(enrolled: Callable[[str, str, str], Person]) -> Person:
    return enrolled("10000017", "somphone@mtc.gov.la", "+8562055512345")


@pytest.fixture
def vanida(enrolled: Callable[[str, str, str], Person]) -> Person:
    return enrolled("10000025", "vanida@mof.gov.la", "+8562055598765")


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


def service(desk: Desk, port: int, **changes: object) -> Service:
    """At `host`, or on this machine; at one host all are of one sector: people have the same `sub` there."""
    base = f"https://{changes.pop('host', 'localhost')}:{port}"
    wanted = {
        "name_lo": "ເອກະສານ",
        "name_en": f"Service {port}",
        "profile": "standard",
        "redirect_uris": (f"{base}/callback",),
        "post_logout_redirect_uris": (f"{base}/signed-out",),
        "backchannel_logout_uri": f"{base}/backchannel-logout",
        "first_party": True,
    }
    registered = desk.register(Registration(**(wanted | changes)))  # type: ignore[arg-type]
    assert isinstance(registered, RegisteredClient)
    return Service(registered, f"{base}/callback")


@pytest.fixture
def edocument(desk: Desk) -> Service:
    return service(desk, 8448)


@pytest.fixture
def estaff(desk: Desk) -> Service:
    return service(desk, 8449)


@pytest.fixture
def library(desk: Desk) -> Service:
    """A service outside the government: it needs the person's consent."""
    return service(desk, 8450, first_party=False, profile="standard")
