"""From an account to a certificate and its end, as RFC 8555 has it."""

from cryptography import x509

from tests.ca.acme.client import csr, octets, text
from tests.ca.acme.conftest import WWW, Acme


def test_a_client_gets_its_certificate(acme: Acme) -> None:
    client = acme.client()

    order = acme.issued(client, "api.mtc.gov.la", WWW)

    chain = client.post(order.json["certificate"])
    assert chain.headers["Content-Type"] == "application/pem-certificate-chain"
    leaf, issuer = x509.load_pem_x509_certificates(chain.body)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.mtc.gov.la", WWW]
    leaf.verify_directly_issued_by(issuer)
