"""The names of our CAs: which there are, what each is called, and of which family its key is.

A name says the family. `officers-pq` has an ML-DSA key in every generation and `officers` never has, so whoever relies
on a chain by its name knows what would break it.
"""

from ca.ceremonies.failure import CeremonyFailed
from ca.profiles import POST_QUANTUM
from pki.signing import SignatureAlgorithm
from web.home import CAS, ROOTS, ca_of

CA_NAMES = (*CAS, *(f"{name}{POST_QUANTUM}" for name in CAS))
"""All; each can be asked for, made and followed."""
ISSUING_NAMES = tuple(name for name in CA_NAMES if name not in ROOTS)
ISSUERS = tuple(name for name in CAS if name not in ROOTS)
"""The issuing CAs for the keys of today."""


def ca_title(name: str) -> str:
    """The common name of a CA, without PRACTICE: `Officers CA`, `Officers CA PQ`."""
    return f"{name.removesuffix(POST_QUANTUM).title()} CA{' PQ' if is_quantum_safe(name) else ''}"


def is_quantum_safe(name: str) -> bool:
    """Whether a CA of this name has ML-DSA keys."""
    return name.endswith(POST_QUANTUM)


def first_algorithm(name: str) -> SignatureAlgorithm:
    """Of a CA's key for which nobody says another: P-256, or ML-DSA, which is stronger at its root."""
    if not is_quantum_safe(name):
        return SignatureAlgorithm.ECDSA_P256_SHA256
    return SignatureAlgorithm.ML_DSA_65 if name in ROOTS else SignatureAlgorithm.ML_DSA_44


def is_of_its_family(name: str, algorithm: SignatureAlgorithm) -> bool:
    """Whether a CA of this name may have a key of this algorithm."""
    return is_quantum_safe(name) is algorithm.post_quantum


def check_family(key_name: str, algorithm: SignatureAlgorithm, *, of: str = "") -> None:
    """The key of this name may be of this algorithm; of what is no CA's (`tsa`) any may. Raises CeremonyFailed.

    `of` says whose key it is that goes by this name, where it is not the CA's own.
    """
    name = ca_of(key_name)
    if name is None or is_of_its_family(name, algorithm):
        return
    fitting = ", ".join(one.value for one in SignatureAlgorithm if is_of_its_family(name, one))
    raise CeremonyFailed(
        f"a key of {of or key_name} is not of the algorithm {algorithm.value}, by its name: take one of {fitting}",
        "ceremony.key-family",
    )


def check_named(name: str, names: tuple[str, ...], above: str | None = None) -> None:
    """The name is one of these, and the CA above it (a key's name) is of its family. Raises CeremonyFailed."""
    if name not in names:
        raise CeremonyFailed(f"{name} is no CA of ours: take one of {', '.join(names)}", "ceremony.not-a-ca")
    if above is not None and is_quantum_safe(ca_of(above) or above) is not is_quantum_safe(name):
        raise CeremonyFailed(
            f"{above} certifies no {name}: both have ML-DSA keys, or neither has", "ceremony.key-family"
        )
