"""Our root of ML-DSA under an outside root of ML-DSA; openssl here knows none, so another library's hand makes it."""

from datetime import timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA87PrivateKey
from cryptography.hazmat.primitives.hashes import SHA384
from cryptography.hazmat.primitives.serialization import Encoding

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.subordinate import chain_above, request, take_answer
from ledger.certificates import Issuer
from ledger.decision import Refuse
from pki.parsed import certificates_from_pem, parse_certificate
from tests.ca.conftest import PracticeCa
from tests.doubles import START
from web.home import Mode

_LONG = timedelta(days=365 * 40)


class Copying:
    """An outside root that copies what is asked for into its answer."""

    def __init__(self, key: MLDSA87PrivateKey | ec.EllipticCurvePrivateKey) -> None:
        self._key, self._hash = key, SHA384() if isinstance(key, ec.EllipticCurvePrivateKey) else None
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "National Root PQ")])
        wanted = [
            x509.Extension(x509.BasicConstraints.oid, True, x509.BasicConstraints(ca=True, path_length=None)),
            x509.Extension(x509.KeyUsage.oid, True, _SIGNS),
            x509.Extension(x509.SubjectKeyIdentifier.oid, False, self._identifier()),
        ]
        self.certificate = self._signed(self._name, self._key.public_key(), wanted)

    def answer(self, asked: bytes) -> bytes:
        """What it says to a DER request; PEM."""
        found = x509.load_der_x509_csr(asked)
        above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self._identifier())
        own = x509.Extension(x509.AuthorityKeyIdentifier.oid, False, above)
        return self._signed(found.subject, found.public_key(), [*found.extensions, own])

    def _identifier(self) -> x509.SubjectKeyIdentifier:
        return x509.SubjectKeyIdentifier.from_public_key(self._key.public_key())

    def _signed(self, subject: x509.Name, key: object, extensions: list[x509.Extension[x509.ExtensionType]]) -> bytes:
        lives = _LONG if subject == self._name else _LONG / 4
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self._name)
        builder = builder.public_key(key).serial_number(x509.random_serial_number())  # type: ignore[arg-type]
        builder = builder.not_valid_before(START - timedelta(days=1)).not_valid_after(START + lives)
        for one in extensions:
            builder = builder.add_extension(one.value, one.critical)
        return builder.sign(self._key, self._hash).public_bytes(Encoding.PEM)


_SIGNS = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


@pytest.fixture
def ceremony(ca: PracticeCa) -> Ceremony:
    return Ceremony(ca.ledger, ca.home, ca.keyring(), Mode.PRACTICE)


def test_a_post_quantum_root_asks_for_itself_and_keeps_what_stands_below_it(ca: PracticeCa, ceremony: Ceremony) -> None:
    outside, own = Copying(MLDSA87PrivateKey.generate()), ca.issuing("root-pq")
    asked = request(ceremony, "root-pq", outside.certificate)

    issuer = take_answer(ceremony, outside.answer(asked.request), [outside.certificate])

    assert (asked.generation, asked.path_length) == (1, 1)
    assert isinstance(issuer, Issuer) and (issuer.key_name, issuer.id) == ("root-pq", own.id)
    chain = certificates_from_pem(ca.home.certificate("root-pq-chain").read_bytes())
    below = parse_certificate(ceremony.certificate_of("officers-pq"))
    assert (chain[0].spki, chain[0].subject, chain[0].path_length) == (own.spki, below.issuer, 1)
    with ca.ledger.read() as session:
        assert chain_above(session, issuer) == [one.der for one in certificates_from_pem(outside.certificate)]


def test_a_classic_root_above_a_post_quantum_one_is_refused(ceremony: Ceremony) -> None:
    outside = Copying(ec.generate_private_key(ec.SECP384R1()))
    asked = request(ceremony, "root-pq", outside.certificate)

    refused = take_answer(ceremony, outside.answer(asked.request), [outside.certificate])

    assert refused == Refuse("import.weak")
