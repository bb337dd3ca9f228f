from pathlib import Path

import pytest
from asn1crypto import tsp
from flask import Flask

from ledger.ledger import Ledger
from pki import der
from pki.signing import SignatureAlgorithm
from signers import KeyUnusable
from tests.issuing import KeySigner, PracticeIssuer
from tests.pki.test_timestamp import query_of
from tests.recorded import RecordedIssuer
from tests.serving import home_with_keys, settings_for
from tsa.app import create_app
from tsa.authority import TimeStampAuthority

MEDIA_TYPE = "application/timestamp-query"


class TokenPulledOut:
    """A signer whose token is gone."""

    algorithm = SignatureAlgorithm.ECDSA_P256_SHA256

    def __init__(self, signer: KeySigner) -> None:
        self.public_key = signer.public_key

    def sign(self, message: bytes) -> bytes:
        raise KeyUnusable("the token is gone: plug it in")


@pytest.fixture
def signer(ledger: Ledger) -> KeySigner:
    signer = KeySigner()
    services = RecordedIssuer(ledger, "services", PracticeIssuer("Practice services"))
    intent_id, number = services.intend("tsa-unit")
    services.finish(intent_id, services.issuer.time_stamp_unit(signer, number), "tsa-unit")
    return signer


@pytest.fixture
def app(ledger: Ledger, signer: KeySigner, tmp_path: Path) -> Flask:
    return create_app(settings_for("tsa", home_with_keys(tmp_path / "home", {"tsa": signer}), ledger.url), ledger)


def test_a_query_is_answered_with_the_right_media_type_and_kept_by_no_cache(app: Flask) -> None:
    answer = app.test_client().post("/", data=query_of(), content_type=MEDIA_TYPE)

    assert (answer.status_code, answer.mimetype) == (200, "application/timestamp-reply")
    assert answer.headers["Cache-Control"] == "no-store"
    assert tsp.TimeStampResp.load(answer.data)["status"]["status"].native == "granted"


def test_a_key_that_fails_is_a_rejection_and_no_token(app: Flask, ledger: Ledger, signer: KeySigner) -> None:
    authority: TimeStampAuthority = app.extensions["tsa"]
    authority.signer = TokenPulledOut(signer)

    answer = app.test_client().post("/", data=query_of(), content_type=MEDIA_TYPE)

    (status,) = der.parts(answer.data)
    assert answer.status_code == 200
    assert tsp.PKIStatusInfo.load(status.whole)["fail_info"].native == {"system_failure"}


def test_there_is_nothing_to_get(app: Flask) -> None:
    assert app.test_client().get("/").status_code == 405


def test_without_its_key_the_house_does_not_start(ledger: Ledger, tmp_path: Path) -> None:
    with pytest.raises(KeyUnusable):
        create_app(settings_for("tsa", home_with_keys(tmp_path / "home", {}), ledger.url), ledger)
