"""People have one name in a sector: a host, whatever its port and however its letters are written."""

import pytest
from sqlalchemy import select

from idp.clients import RegisteredClient, Registration, current, host_of, row
from idp.registration.tables import ClientVersion
from idp.tables import Client
from tests.idp.desk import TEST, Arranged, Desk
from tests.idp.test_client_change import changed


def registered(desk: Desk, uri: str) -> str:
    done = desk.register(Registration("ຮ້ານ", "Shop", "standard", (uri,)))
    assert isinstance(done, RegisteredClient)
    return done.client_id


def sector(desk: Desk, client_id: str) -> str:
    with desk.ledger.read() as session:
        client = current(session, client_id)
    assert client is not None
    return client.sector


@pytest.mark.parametrize("uri", ["https://shop.la/cb", "https://shop.la:8443/cb", "https://Shop.LA/cb"])
def test_services_of_one_host_are_one_sector(desk: Desk, uri: str) -> None:
    assert sector(desk, registered(desk, uri)) == "shop.la"


def test_another_host_is_another_sector(desk: Desk) -> None:
    assert sector(desk, registered(desk, "https://shop.la.evil.la/cb")) == "shop.la.evil.la"


def test_a_service_that_moves_to_another_port_keeps_the_names_of_its_people(desk: Desk) -> None:
    own = registered(desk, "https://shop.la:8443/cb")

    changed(desk, own, redirect_uris=("https://shop.la:9443/cb",))

    assert sector(desk, own) == "shop.la"


def test_who_was_registered_with_a_port_in_his_sector_keeps_it_when_he_changes(desk: Desk) -> None:
    wanted = Registration("ຮ້ານ", "Shop", "standard", ("https://shop.la:8443/cb",))
    old = row("old", wanted, "")
    old.sector = "shop.la:8443"
    with desk.ledger.entry(Arranged("old-client"), TEST) as tx:
        tx.add(old)

    before = sector(desk, "old")
    changed(desk, "old", name_en="Shop 2")

    with desk.ledger.read() as session:
        versions = session.scalars(select(ClientVersion).where(ClientVersion.client_id == "old")).all()
        first = session.get_one(Client, "old").sector
    assert (before, len(versions), sector(desk, "old")) == ("shop.la:8443", 1, first)


def test_a_service_that_is_a_sector_of_its_own_is_no_host() -> None:
    own = "01a20b48-0900-7ba8-8975-61b4e5e8ef44"

    assert (host_of(own), host_of("Shop.LA:8443"), host_of("shop.la")) == (own, "shop.la", "shop.la")
