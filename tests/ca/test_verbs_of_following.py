"""`renew`, `rekey` and `modify`, as a holder types them."""

from pathlib import Path
from ssl import DER_cert_to_PEM_cert

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ledger.certificates import Certificate
from pki.certificate import parse_certificate
from pki.names import name_text
from tests.ca.conftest import SECOND, PracticeCa, request_for
from tests.ca.following import rename
from tests.ca.test_verbs import OFFICER, Desk, desk
from tests.issuing import new_key

__all__ = ["desk"]
pytestmark = pytest.mark.sqlite_only("the verbs open the home's own database")
DECIDED = ["--yes", "--desk", "center"]


def made_key(desk: Desk, name: str) -> tuple[Path, Path]:
    """A new key and a request for it, as files."""
    key, file = new_key(), desk.home.path / "people" / f"{name}.key.pem"
    file.touch(0o600)
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    request = desk.home.path / f"{name}-officer-authentication.csr"
    request.write_bytes(request_for(key))
    return file, request


def issued(desk: Desk, key: Path) -> tuple[str, Certificate]:
    """What one turn issued, confirmed by its key: as a file, and as the ledger has it."""
    assert desk.said("issue", "--once")["issued"] == 1
    with desk.ledger.read() as session:
        new = session.query(Certificate).filter_by(person_id=f"p{OFFICER}").order_by(Certificate.id.desc()).first()
    assert new is not None
    desk.said("certificate-confirm", new.sha256, "--key", f"file:{key.resolve()}")
    file = desk.home.path / f"{new.serial_number}.pem"
    file.write_text(DER_cert_to_PEM_cert(new.der))
    return str(file), new


def acting(key: Path) -> list[str]:
    return ["--as", OFFICER, "--key", f"file:{key.resolve()}"]


def paper(desk: Desk) -> list[str]:
    """A card with the new name, and the officer who saw it."""
    officer, officer_key = desk.acting(SECOND)[1::2]
    said = ["--paper", "chip-identity-card", "--paper-issuer", "MPS", "--issued", "2026-01-01"]
    said += ["--expires", "2036-01-01", "--desk", "center"]
    files = ["--paper-number", str(desk.home.path / "number.txt"), "--scan", str(desk.home.path / "mode")]
    return [*said, *files, "--officer", officer, "--officer-key", officer_key]


def test_a_holder_renews_rekeys_and_modifies_his_certificate_for_signing_in(desk: Desk) -> None:
    (key, request), (second_key, second_request) = made_key(desk, "first"), made_key(desk, "second")
    [enrolment] = desk.said(*desk.enrolling(request))["enrolments"].values()
    desk.decided_by_both(enrolment)
    first, _ = issued(desk, key)

    renewing = desk.said("renew", first, *acting(key))
    renewed, _ = issued(desk, key)
    rekeying = desk.said("rekey", "--replaces", renewed, "--request", str(second_request), *acting(key))
    desk.said("decide", rekeying["enrolment"], *DECIDED, *desk.acting(SECOND))
    rekeyed, _ = issued(desk, second_key)
    rename(PracticeCa(desk.ledger, desk.home, None))  # type: ignore[arg-type]
    modifying = desk.said("modify", rekeyed, *paper(desk), *acting(second_key))
    desk.decided_by_both(modifying["enrolment"])
    _, modified = issued(desk, second_key)

    states = [one["state"] for one in (renewing, rekeying, modifying)]
    assert states == ["approved", "carried", "identity-checked"]
    assert "CN=Bounmy Vongsa" in name_text(parse_certificate(modified.der).subject)


def test_what_is_said_by_half_is_wrong_usage_and_what_is_not_his_is_refused(desk: Desk) -> None:
    key, request = made_key(desk, "first")
    [enrolment] = desk.said(*desk.enrolling(request))["enrolments"].values()
    desk.decided_by_both(enrolment)
    first, _ = issued(desk, key)

    outcomes = [
        desk.typed("rekey", "--replaces", first, *acting(key)),
        desk.typed("modify", first, "--paper", "passport", *acting(key)),
        desk.typed("renew", first, *desk.acting(SECOND)),
    ]

    assert [one.exit_code for one in outcomes] == [2, 2, 1]
    assert "replacement.not-yours" in outcomes[2].output
