"""A PKCS#10 that asks for more than its profile has is refused; one that asks for no more is taken."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from ledger.decision import Refuse
from tests.ca.conftest import PracticeCa, register_person
from tests.ca.registration.offices import body
from tests.issuing import new_key

OFFICER = "10000017"
EKU = ExtendedKeyUsageOID


def usage(**set_bits: bool) -> x509.KeyUsage:
    names = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**(dict.fromkeys(names, False) | set_bits))


def request(*extensions: x509.ExtensionType, key: object = None) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else SHA256()
    return builder.sign(key or new_key(), algorithm).public_bytes(Encoding.DER)  # type: ignore[arg-type]


MORE = {
    "to be a CA": x509.BasicConstraints(ca=True, path_length=None),
    "to sign certificates": usage(content_commitment=True, key_cert_sign=True),
    "to sign in": usage(digital_signature=True),
    "to be a server": x509.ExtendedKeyUsage([EKU.SERVER_AUTH]),
    "another purpose": x509.ExtendedKeyUsage([EKU.ANY_EXTENDED_KEY_USAGE]),
    "a host": x509.SubjectAlternativeName([x509.DNSName("www.google.com")]),
    "an address": x509.SubjectAlternativeName([x509.RFC822Name("x@gmail.com")]),
    "another name of his": x509.SubjectAlternativeName([x509.RegisteredID(x509.ObjectIdentifier("1.2.3"))]),
    "constraints": x509.NameConstraints([x509.DNSName("la")], None),
    "policies": x509.CertificatePolicies([x509.PolicyInformation(x509.ObjectIdentifier("1.2.3"), None)]),
    "what nobody knows": x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00"),
}


def test_whatever_goes_beyond_the_profile_is_refused(counter: PracticeCa) -> None:
    register_person(counter.ledger, OFFICER)

    outcomes = {
        name: counter.hand_in(counter.application(OFFICER, request=request(wanted))) for name, wanted in MORE.items()
    }

    assert outcomes == dict.fromkeys(MORE, Refuse("enrolment.asks-for-more"))


def test_old_software_that_puts_its_extensions_elsewhere_is_refused_too(counter: PracticeCa) -> None:
    register_person(counter.ledger, OFFICER)
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_attribute(x509.ObjectIdentifier("1.3.6.1.4.1.311.2.1.14"), b"\x30\x00")
    encoded = builder.sign(new_key(), SHA256()).public_bytes(Encoding.DER)

    assert counter.hand_in(counter.application(OFFICER, request=encoded)) == Refuse("enrolment.asks-for-more")


def test_what_the_profile_has_anyway_may_be_asked_for(counter: PracticeCa) -> None:
    body(counter.ledger, "MTC")
    register_person(counter.ledger, OFFICER)
    host = "www.mtc.gov.la"
    key = new_key()
    wanted = (
        x509.BasicConstraints(ca=False, path_length=None),
        usage(digital_signature=True),
        x509.ExtendedKeyUsage([EKU.SERVER_AUTH]),
        x509.SubjectAlternativeName([x509.DNSName(host)]),
        x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
    )

    application = counter.application(
        OFFICER, "tls-server", request=request(*wanted, key=key), organisation="MTC", names=(host,)
    )

    assert isinstance(counter.hand_in(application), str)


@pytest.mark.parametrize(
    ("profile", "key", "outcome"),
    [
        ("officer-signing", rsa.generate_private_key(65537, 3072), str),
        ("officer-encryption", ed25519.Ed25519PrivateKey.generate(), Refuse),
    ],
)
def test_a_key_of_a_kind_that_the_profile_does_not_take_is_refused(
    counter: PracticeCa, profile: str, key: object, outcome: type
) -> None:
    register_person(counter.ledger, OFFICER)

    assert isinstance(counter.hand_in(counter.application(OFFICER, profile, request=request(key=key))), outcome)
