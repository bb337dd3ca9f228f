"""From an account to a certificate and its end, as RFC 8555 has it, on each engine."""

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import select

from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.tables.statement import StatementVersion
from ledger.certificates import Certificate, KeyBlock, Revocation
from ledger.ledger import Deed
from tests.ca.acme.client import AcmeClient, csr, text
from tests.ca.acme.conftest import BASE, WWW, Acme
from tests.ca.conftest import TEST
from tests.ca.events import Registered
from tests.issuing import KeySigner, new_key


def leaf_of(client: AcmeClient, url: str) -> x509.Certificate:
    return x509.load_pem_x509_certificates(client.post(url).body)[0]


def encoded(leaf: x509.Certificate) -> str:
    return text(leaf.public_bytes(Encoding.DER))


def test_a_client_gets_its_certificate_and_ends_it(acme: Acme) -> None:
    client = acme.client()

    order = acme.issued(client, "api.mtc.gov.la", WWW)

    chain = client.post(order.json["certificate"])
    assert chain.headers["Content-Type"] == "application/pem-certificate-chain"
    leaf, issuer = x509.load_pem_x509_certificates(chain.body)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.mtc.gov.la", WWW]
    leaf.verify_directly_issued_by(issuer)

    assert client.post(client.url("revoke-cert"), {"certificate": encoded(leaf), "reason": 4}).status == 200
    acme.turn()
    again = client.post(client.url("revoke-cert"), {"certificate": encoded(leaf)})
    with acme.ca.ledger.read() as session:
        [revocation] = session.scalars(select(Revocation))
        assert (revocation.reason, again.error) == ("superseded", "alreadyRevoked")
        assert list(uncaused(Provenance(session))) == []

    changed = new_terms(acme)
    refused = client.order(WWW)
    assert (refused.status, refused.error) == (403, "userActionRequired")
    assert refused.json["instance"].endswith("/terms")
    assert client.post(str(client.kid), {"termsOfServiceAgreed": True}).status == 200
    assert client.order(WWW).status == 201
    assert changed.number == 7


def new_terms(acme: Acme) -> StatementVersion:
    version = StatementVersion(
        id="terms-7", document="terms", number=7, digest="77" * 32, lo="ໃໝ່", en="new", figures="{}",
        figures_digest="00" * 32, valid_from=acme.ca.ledger.clock.now(),
    )  # fmt: skip
    acme.ca.ledger.entries([Deed(Registered("terms"), TEST, [version])])
    return version


def test_a_key_that_its_holder_calls_compromised_is_blocked(acme: Acme) -> None:
    client, key = acme.client(), new_key()
    order = acme.issued(client, WWW, request=csr([WWW], key))
    leaf = leaf_of(client, order.json["certificate"])
    own = AcmeClient(acme.send, BASE, KeySigner(key))

    answer = own.post(own.url("revoke-cert"), {"certificate": encoded(leaf), "reason": 1})

    assert answer.status == 200
    acme.turn()
    with acme.ca.ledger.read() as session:
        [certificate] = session.scalars(
            select(Certificate).where(Certificate.profile == "tls-server").order_by(Certificate.id.desc()).limit(1)
        )
        assert session.get_one(Revocation, certificate.id).reason == "keyCompromise"
        assert session.get(KeyBlock, certificate.key_sha256) is not None
        assert list(uncaused(Provenance(session))) == []
    order = acme.ready(client, WWW)
    assert client.post(order.json["finalize"], {"csr": csr([WWW], key)}).error == "badCSR"
