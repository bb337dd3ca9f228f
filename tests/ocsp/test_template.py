from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocsp.recognition import Question
from ocsp.store import Authority
from ocsp.table import state_of
from ocsp.template import Name, Templates
from pki.ocsp import CertId, Responder, SingleAnswer, response
from pki.signing import SignatureAlgorithm
from pki.status import Good
from tests.issuing import KeySigner, new_key

NOW = datetime(2026, 11, 24, 2, 0, 7, tzinfo=UTC)
OFFICERS = Authority("officers", "ab" * 32, datetime(2026, 1, 1, tzinfo=UTC))
RESPONDER = Responder(KeySigner(new_key(SignatureAlgorithm.ED25519)), b"0\x80certificate")
TEMPLATES = Templates()
UNTIL = NOW + timedelta(hours=12)


@given(st.binary(min_size=60, max_size=200), st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=32))
def test_what_is_spliced_is_what_is_built(certificate: bytes, sha256: bytes, nonce: bytes) -> None:
    name, good = Name(OFFICERS, len(certificate), len(nonce)), Good(sha256.hex())
    template = TEMPLATES.find(name, NOW.timestamp()) or TEMPLATES.make(name, RESPONDER, NOW, UNTIL, UNTIL)

    reply = template.reply(Question(OFFICERS, "sha1", certificate, b"", nonce), nonce, sha256 + state_of(good))

    answer = SingleAnswer(CertId(certificate, "sha1", b"", b"", 0), good, OFFICERS.since)
    assert reply.body == response([answer], RESPONDER, nonce, NOW, UNTIL)
    assert (reply.outcome, reply.digest, reply.keep_until) == ("good", "sha1", 0)
    assert reply.headers["Content-Length"] == str(len(reply.body))


@pytest.mark.parametrize(
    ("until", "later", "holds"),
    [(UNTIL, -1.0, False), (UNTIL, 0.0, True), (UNTIL, 0.99, True), (UNTIL, 1.0, False),
     (NOW + timedelta(seconds=0.5), 0.4, True), (NOW + timedelta(seconds=0.5), 0.5, False)],
)  # fmt: skip
def test_a_template_holds_within_its_second_and_no_longer_than_it_is_known_who_signs(
    until: datetime, later: float, holds: bool
) -> None:
    templates, name = Templates(), Name(OFFICERS, 70, 16)
    made = templates.make(name, RESPONDER, NOW, UNTIL, until)

    assert templates.find(name, NOW.timestamp() + later) is (made if holds else None)
