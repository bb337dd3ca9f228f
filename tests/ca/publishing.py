"""A partitioned issuer in a ledger, its publisher, and what somebody who fetches its lists knows."""

from dataclasses import dataclass, field, replace

from flask import Flask
from sqlalchemy import select

from ca.app import create_app
from ca.issuance.composition import IssuingKey
from ca.publication.crl import Part, in_force
from ca.publication.publisher import Publisher
from ca.statement.publishing import publish_first
from ca.tables.publication import Crl
from ledger.ledger import Ledger
from pki import oids
from pki.certificate import issuer_view, parse_certificate
from pki.crl import CrlEntry, ParsedCrl, parse_crl
from pki.issuer import IssuerView
from pki.signing import Signer
from tests.doubles import TurnedClock
from tests.recorded import TESTER, RecordedIssuer
from web.home import Home, Mode
from web.settings import HouseSettings

URL = "http://127.0.0.1:8440/crl/officers-1.crl"


def view_of(issuer: RecordedIssuer) -> IssuerView:
    view = issuer_view(
        parse_certificate(issuer.issuer.der), oids.PRACTICE_ARC, crl_url=URL, ocsp_url="http://127.0.0.1:8441/",
        certificate_url="http://127.0.0.1:8440/issuer/officers-1.cer", cps_url="http://127.0.0.1:8440/cps",
        crl_shards=issuer.crl_shards,
    )  # fmt: skip
    return replace(view, path_length=0)


def publisher_of(issuer: RecordedIssuer, ledger: Ledger | None = None, signer: Signer | None = None) -> Publisher:
    """The publisher of a room that has just been started."""
    key = IssuingKey(issuer.id, view_of(issuer), signer or issuer.issuer.signer)
    return Publisher(ledger or issuer.ledger, (key,), TESTER)


def house_of(ledger: Ledger, home: Home) -> Flask:
    """The whole house of a practice CA as it runs: its home is written, its first statement published."""
    (home.path / "base-port").write_text("8440\n")
    (home.path / "mode").write_text("practice\n")
    publish_first(ledger, home, TESTER)
    settings = HouseSettings("ca", home, Mode.PRACTICE, ledger.url, "https://localhost:8443")
    return create_app(settings, ledger=ledger)


@dataclass
class Published:
    """An issuer whose lists are published, and the clock that they are published by."""

    issuer: RecordedIssuer
    clock: TurnedClock
    publisher: Publisher = field(init=False)

    def __post_init__(self) -> None:
        self.publisher = publisher_of(self.issuer)

    def publish(self) -> list[Crl]:
        """What is due, and, second after second, what had to wait."""
        self.clock.turn(seconds=1)
        made = self.publisher.publish_due()
        while self.publisher.waiting:
            self.clock.turn(seconds=1)
            made += self.publisher.publish_due()
        return made

    def revoked(self) -> tuple[str, int]:
        """Id and serial number of a certificate that was issued and revoked."""
        intent_id, number = self.issuer.intend()
        self.issuer.revoke(intent_id, self.clock.now())
        return intent_id, number

    def numbers(self) -> list[int]:
        """The numbers of all lists, in the order of time."""
        ours = select(Crl.number).where(Crl.issuer_id == self.issuer.id).order_by(Crl.this_update, Crl.number)
        with self.issuer.ledger.read() as session:
            return list(session.scalars(ours))

    def newest(self, shard: int | None = None, *, delta: bool = False) -> ParsedCrl | None:
        with self.issuer.ledger.read() as session:
            crl = in_force(session, self.issuer.name, 1, Part(shard, delta))
        return None if crl is None else parse_crl(bytes(crl.der))

    def known(self, shard: int | None = None) -> dict[int, CrlEntry]:
        """What somebody knows who fetches the complete list and its delta (RFC 5280 clause 5.2.4)."""
        base, delta = self.newest(shard), self.newest(shard, delta=True)
        assert base is not None
        entries = dict(base.by_serial)
        if delta is not None and delta.scope.base_number is not None and delta.number > base.number:
            assert delta.scope.base_number <= base.number
            entries |= delta.by_serial
        return {serial: entry for serial, entry in entries.items() if entry.reason != "removeFromCRL"}
