"""The key of a next generation: of the algorithm of the one before it, and no weaker."""

from ca.ceremonies.ceremony import Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import in_use
from ledger.certificates import generation_name
from pki.certificate import parse_certificate
from pki.keys import algorithm_of, rsa_modulus
from pki.signing import Signer


def next_key(ceremony: Ceremony, name: str, number: int) -> Signer:
    """The key of this generation of the issuer; it is made if it is not there. Raises CeremonyFailed.

    Of the first generation it is of the ceremony's own algorithm, if that is of the family of the name.
    """
    key_name = generation_name(name, number)
    with ceremony.ledger.read() as session:
        before = in_use(session, name, ceremony.ledger.clock.now())
    if before is None:
        return ceremony.ca_key(key_name, ceremony.first_algorithm(name))
    spki = parse_certificate(bytes(before.issuer.certificate)).spki
    modulus = rsa_modulus(spki)
    if modulus is None:
        return ceremony.ca_key(key_name, algorithm_of(spki))
    bits = modulus.bit_length()
    signer = ceremony.ca_key(key_name, algorithm_of(spki), bits)
    if (rsa_modulus(signer.public_key) or 0).bit_length() < bits:
        raise CeremonyFailed(
            f"the key {key_name} is smaller than the {bits} bits of the one before it: give another URI",
            "ceremony.key-unfit",
        )
    return signer
