"""What the maker of a certificate or CRL knows of its issuer."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from pki import keys, oids
from pki.parsed import ParsedCertificate
from pki.signing import SignatureAlgorithm


@dataclass(frozen=True)
class IssuerView:
    """An issuing CA as its certificates and CRLs refer to it; holds no key."""

    subject: bytes
    """DER Name."""
    spki: bytes
    key_identifier: bytes
    not_before: datetime
    not_after: datetime
    algorithm: SignatureAlgorithm
    policy_arc: str
    """Under which the profiles' policy numbers hang: `pki.oids.PRACTICE_ARC` or `PRODUCTION_ARC`."""
    crl_url: str = ""
    ocsp_url: str = ""
    certificate_url: str = ""
    cps_url: str = ""
    naming_authority: str = ""
    """The URI of who gives out the `EG:LA-` numbers (RFC 3739 clause 3.2.6.1)."""
    path_length: int | None = None
    crl_shards: int | None = None
    """Into how many parts its CRL is partitioned, from its first certificate to its last; None is one whole list."""
    is_root: bool = False
    """Signed by itself: what it certifies directly must be confined or speak for no site."""

    def __hash__(self) -> int:
        """Of what tells issuers apart: views are looked up several times for each certificate."""
        return hash((self.key_identifier, self.crl_url))

    @property
    def practice(self) -> bool:
        """Whether it issues under the practice arc."""
        return self.policy_arc == oids.PRACTICE_ARC


def issuer_view(
    certificate: ParsedCertificate, policy_arc: str, *,
    crl_url: str, ocsp_url: str, certificate_url: str, cps_url: str, naming_authority: str = "",
    crl_shards: int | None = None,
) -> IssuerView:
    """The view of the CA that this certificate certifies. Raises PkiError.

    `naming_authority` is the CPS address when it is not given.
    """
    return IssuerView(
        certificate.subject, certificate.spki,
        certificate.subject_key_identifier or keys.key_identifier(certificate.spki),
        certificate.not_before, certificate.not_after, keys.algorithm_of(certificate.spki), policy_arc,
        crl_url, ocsp_url, certificate_url, cps_url, naming_authority or cps_url, certificate.path_length,
        crl_shards, is_root=certificate.subject == certificate.issuer,
    )


def crl_address(crl_url: str, shard: int | None = None, *, delta: bool = False) -> str:
    """Where the CRL of this shard is, or its delta; `crl_url` is the issuer's address of the whole list."""
    part = "" if shard is None else f"-{shard}"
    return f"{crl_url.removesuffix('.crl')}{part}{'-delta' if delta else ''}.crl"


def shard_of(dense: int, shards: int | None) -> int | None:
    """The shard of an issuer's `dense`-th certificate, decided once and for all; None where the list is whole."""
    return None if shards is None else dense % shards


def view_for(issuer: IssuerView, dense: int) -> IssuerView:
    """The issuer as its `dense`-th certificate names it: with the address of that certificate's shard."""
    shard = shard_of(dense, issuer.crl_shards)
    return issuer if shard is None else _in_shard(issuer, shard)


@lru_cache(maxsize=4096)
def _in_shard(issuer: IssuerView, shard: int) -> IssuerView:
    return replace(issuer, crl_url=crl_address(issuer.crl_url, shard))


def root_view(subject: bytes, spki: bytes, not_before: datetime, not_after: datetime, policy_arc: str) -> IssuerView:
    """The view of a root that is about to sign its own certificate. Raises PkiError."""
    return IssuerView(
        subject, spki, keys.key_identifier(spki), not_before, not_after, keys.algorithm_of(spki), policy_arc,
        is_root=True,
    )
