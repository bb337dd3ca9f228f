from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ocsp.template import Name, Templates, spliced
from pki.ocsp import CertId, SingleAnswer, response_data
from pki.status import Good

NOW = datetime(2026, 11, 24, 2, 0, 7, tzinfo=UTC)
BY_KEY = bytes(24)
TEMPLATES = Templates()


@given(st.binary(min_size=60, max_size=200), st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=32))
def test_what_is_spliced_is_what_is_built(certificate: bytes, sha256: bytes, nonce: bytes) -> None:
    until, since = NOW + timedelta(hours=12), datetime(2026, 1, 1, tzinfo=UTC)
    name = Name(len(certificate), len(nonce), bytes(8), int(NOW.timestamp()))

    parts = TEMPLATES.find(name) or TEMPLATES.make(name, BY_KEY, since, NOW, until)

    answer = SingleAnswer(CertId(certificate, "sha1", b"", b"", 0), Good(sha256.hex()), since)
    assert spliced(parts, certificate, sha256, nonce) == response_data([answer], BY_KEY, nonce, NOW, until)
