"""ARI (RFC 9773): when to renew, and in place of which certificate an order comes."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca.machines.acme.renewal import certificate_id_of, window
from tests.ca.acme.client import AcmeClient, Answer, text
from tests.ca.acme.conftest import BASE, Acme
from tests.doubles import START

DAY = timedelta(days=1)
WWW = "renewal.mtc.gov.la"
"""Of these tests alone: only so many certificates a week have the very same names."""
# The certificate of RFC 9773 appendix A.
EXAMPLE = """-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
"""


def identifier(client: AcmeClient, order: Answer) -> str:
    leaf = x509.load_pem_x509_certificates(client.post(order.json["certificate"]).body)[0]
    return certificate_id_of(leaf.public_bytes(Encoding.DER))


def told(acme: Acme, certificate_id: str) -> Answer:
    return acme.send("GET", f"{BASE}/acme/renewal-info/{certificate_id}", None, {})


def test_the_identifier_is_that_of_the_rfcs_example() -> None:
    der = x509.load_pem_x509_certificate(EXAMPLE.encode()).public_bytes(Encoding.DER)

    assert certificate_id_of(der) == "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"


def test_the_window_is_in_the_last_third_and_past_for_what_was_revoked() -> None:
    living, revoked = window(START, START + 90 * DAY, None), window(START, START + 90 * DAY, START + DAY)

    assert (living.start, living.end) == (START + 60 * DAY, START + 67.5 * DAY)
    assert revoked.start < revoked.end <= START + DAY


def test_everybody_is_told_when_a_certificate_should_be_renewed(shared: Acme) -> None:
    client = shared.client()
    key = identifier(client, shared.issued(client, WWW))

    answer = told(shared, key)

    start, end = (datetime.fromisoformat(answer.json["suggestedWindow"][name]) for name in ("start", "end"))
    now = shared.ca.ledger.clock.now()
    assert now < start < end < now + 400 * DAY
    assert (start.tzinfo, answer.headers["Retry-After"]) == (UTC, "21600")


def test_of_a_certificate_that_there_is_not_nobody_is_told(shared: Acme) -> None:
    unknown = [f"{text(b'a' * 20)}.{text(b'7')}", "x", "x.y", f"{text(b'a')}.{text(b'')}"]

    assert [told(shared, one).status for one in unknown] == [404] * 4


def test_an_order_comes_in_place_of_a_certificate_once(shared: Acme) -> None:
    client = shared.client()
    key = identifier(client, shared.issued(client, WWW))

    renewed = shared.issued(client, WWW, replaces=key)
    again = client.order(WWW, replaces=key)

    assert renewed.json["replaces"] == key
    assert (again.status, again.error) == (409, "alreadyReplaced")


def test_an_order_that_failed_leaves_the_place_free(shared: Acme) -> None:
    client = shared.client()
    key = identifier(client, shared.issued(client, WWW))
    failed = client.order(WWW, replaces=key)
    assert client.order(WWW, replaces=key).error == "alreadyReplaced"
    client.post(failed.json["authorizations"][0], {"status": "deactivated"})

    assert client.order(WWW, replaces=key).status == 201


def test_a_certificate_without_a_name_in_common_is_not_replaced(shared: Acme) -> None:
    client = shared.client()
    key = identifier(client, shared.issued(client, WWW))

    assert client.order("api.mtc.gov.la", replaces=key).error == "malformed"
