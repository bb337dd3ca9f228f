"""Under an outside root: a request for one of our CA keys goes out, the answer is judged and taken (law.md CA-01).

The outside root's certificate is handed over beside the network; its digest goes into the request's fact, and an
answer that leads to another root is refused. What is refused changes nothing and is an entry.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from ca.ceremonies.ceremony import ORGANISATION, Ceremony, policy_arc
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import first_name, is_root
from ca.ceremonies.names import ca_title, is_of_its_family
from ca.ceremonies.next_key import next_key
from ca.events.hierarchy import ImportRefused, IssuerImported, IssuerRequested, OutsideCertificateKept
from ca.profiles import PROFILES, profile_of_issuer, profiles_under
from ca.tables.hierarchy import IssuerImport, IssuerRequest, OutsideCertificate
from ledger.base import Fact
from ledger.certificates import Issuer, KeyBlock
from ledger.decision import Refuse
from ledger.ledger import Deed, Ledger, Taken
from pki import extensions, keys, names, oids, zone
from pki.certificate import assemble, certificates_from_pem, parse_certificate
from pki.coverage import Needs
from pki.der import octet_string
from pki.errors import ParseError, PkiError
from pki.key_kind import KeyKind
from pki.outside import AnswerRefused, Asked, verify_answer
from pki.parsed import ParsedCertificate
from pki.reading import name_constraints
from pki.request import asked_extension, parse_request, request_information
from web.home import Mode


def request(ceremony: Ceremony, name: str, outside: bytes, kind: KeyKind | None = None) -> IssuerRequest:
    """The request for the issuer `name` under the outside root whose certificate (PEM or DER) is `outside`.

    Its key is made if it is not there, of this kind, or without one of the kind of the one before it. A name that has
    an issuer asks for its next generation; a root that is there already asks for itself, since its key stays. Asked
    again, the same request comes back. Raises CeremonyFailed.
    """
    root = outside_root(outside)
    generation = next_generation(ceremony, name)
    signer = next_key(ceremony, name, generation, kind)
    key = keys.key_sha256(signer.public_key)
    with ceremony.ledger.read() as session:
        if session.get(KeyBlock, key) is not None:
            raise CeremonyFailed(
                f"the key of {name} is blocked for ever: make another, then ask again", "ceremony.key-blocked"
            )
        if found := _request(session, key, root.sha256):
            return found
        first = first_name(session, name)
    information = information_for(ceremony.mode, name, generation, signer.public_key, first)
    der = assemble(information, signer.algorithm, signer.sign(information))
    parse_request(der)  # possession is proved before anybody sees it
    row = IssuerRequest(
        id=ceremony.ledger.new_id(), name=name, generation=generation, key_sha256=key, outside_sha256=root.sha256,
        path_length=_room_below(name), request=der,
    )  # fmt: skip
    ceremony.write(IssuerRequested(row.id, name, generation, key, root.sha256), row)
    return row


def next_generation(ceremony: Ceremony, name: str) -> int:
    """The generation that a request for `name` is about."""
    with ceremony.ledger.read() as session:
        found = session.scalars(select(Issuer.generation).where(Issuer.name == name)).all()
    newest: int = max(found, default=0)
    return newest or 1 if is_root(name) else newest + 1


def information_for(mode: Mode, name: str, generation: int, spki: bytes, first: bytes | None = None) -> bytes:
    """What the key of a generation signs to ask for its certificate; `first` as for `subject_of`."""
    return request_information(subject_of(mode, name, generation, first), spki, _extensions(mode, name, spki))


def subject_of(mode: Mode, name: str, generation: int, first: bytes | None = None) -> bytes:
    """The DER Name of a generation: the `first` one's own, or without one that of `ca_title`.

    From the second on its number is in the common name, so that no two keys share a name.
    """
    own = first or names.ca_name(ORGANISATION, ca_title(name), practice=mode is Mode.PRACTICE)
    if generation == 1:
        return own
    numbered = {oids.COMMON_NAME: f" {generation}"}
    return names.name([(oid, text + numbered.get(oid, "")) for oid, text in names.attributes(own)])


def take_answer(ceremony: Ceremony, answer: bytes, chain: Sequence[bytes]) -> Issuer | Refuse:
    """The issuer that the outside root certified can be used, and the certificates above it are published.

    `answer` and `chain` are files, PEM or DER; all certificates of PEM files count. Taken again, nothing changes.
    """
    judged = judge(ceremony.ledger, ceremony.mode, answer, chain)
    if isinstance(judged, Refuse):
        ceremony.ledger.record(ImportRefused(judged.code, sha256(answer).hexdigest()), ceremony.actor)
        return judged
    row, found = judged
    for above in found[1:]:
        ceremony.write(
            OutsideCertificateKept(above.sha256),
            OutsideCertificate(id=ceremony.ledger.new_id(), sha256=above.sha256, der=above.der),
        )
    issuer = _taken(ceremony, row, found[0])
    _keep(ceremony, issuer, found)
    return issuer


def judge(
    ledger: Ledger, mode: Mode, answer: bytes, chain: Sequence[bytes]
) -> tuple[IssuerRequest, tuple[ParsedCertificate, ...]] | Refuse:
    """Which request is answered, and the chain from the answer up to the outside root; or why it is not taken now.

    Nothing is written: those who are to agree see it before they do.
    """
    try:
        certificates = [one for octets in (answer, *chain) for one in _read(octets)]
        row = _asked(ledger, certificates[0])
        asked = _terms(ledger, mode, row)
        found = verify_answer(asked, certificates[0], certificates[1:], row.outside_sha256, ledger.clock.now())
    except PkiError as fault:
        return Refuse(fault.code if isinstance(fault, AnswerRefused) else "import.unreadable")
    return row, found


def chain_above(session: Session, issuer: Issuer) -> list[bytes]:
    """The certificates above this issuer that outside CAs hold, the nearest first, up to their root; DER."""
    known = [parse_certificate(bytes(der)) for der in session.scalars(select(OutsideCertificate.der))]
    answers = select(IssuerImport.certificate).where(IssuerImport.issuer_id == issuer.id)
    newest = session.scalar(answers.order_by(IssuerImport.request_id.desc()).limit(1))
    chain: list[ParsedCertificate] = []
    below = parse_certificate(bytes(newest or issuer.certificate))
    while below.issuer != below.subject:
        above = next((one for one in known if one.subject == below.issuer and _identified(one, below)), None)
        if above is None:
            break
        chain.append(above)
        below = above
    return [one.der for one in chain]


def _identified(above: ParsedCertificate, below: ParsedCertificate) -> bool:
    return below.authority_key_identifier in (None, above.subject_key_identifier)


def _taken(ceremony: Ceremony, row: IssuerRequest, certificate: ParsedCertificate) -> Issuer:
    """The Issuer that this answer makes, or that it certifies once more; written once."""
    with ceremony.ledger.read() as session:
        known = session.get(IssuerImport, row.id)
        issuer = session.scalar(select(Issuer).where(Issuer.name == row.name, Issuer.generation == row.generation))
    if known is not None and issuer is not None:
        return issuer
    facts: list[Fact] = []
    if issuer is None:
        issuer = ceremony.new_issuer(row.name, row.generation)
        issuer.certificate = certificate.der
        facts.append(issuer)
    facts.append(
        IssuerImport(request_id=row.id, issuer_id=issuer.id, sha256=certificate.sha256, certificate=certificate.der)
    )
    event = IssuerImported(row.id, issuer.id, row.name, row.generation, certificate.sha256)
    try:
        ceremony.ledger.entries([Deed(event, ceremony.actor, facts)])
    except Taken:  # by a ceremony that was interrupted after its commit
        with ceremony.ledger.read() as session:
            taken = session.get_one(IssuerImport, row.id)
            return session.get_one(Issuer, taken.issuer_id)
    return issuer


def _keep(ceremony: Ceremony, issuer: Issuer, chain: Sequence[ParsedCertificate]) -> None:
    """Beside the issuer's own file one with all that stands above it, for servers and for `openssl -untrusted`."""
    ceremony.keep_at(ceremony.home.certificate(issuer.key_name), bytes(issuer.certificate))
    ceremony.keep_all_at(ceremony.home.certificate(f"{issuer.key_name}-chain"), [one.der for one in chain])


def _asked(ledger: Ledger, answer: ParsedCertificate) -> IssuerRequest:
    """The newest request for the answer's key; with several outside roots the one that is not answered yet."""
    key = keys.key_sha256(answer.spki)
    with ledger.read() as session:
        rows = session.scalars(
            select(IssuerRequest).where(IssuerRequest.key_sha256 == key).order_by(IssuerRequest.id.desc())
        ).all()
        answered = {row.request_id: row.sha256 for row in session.scalars(select(IssuerImport))}
        blocked = session.get(KeyBlock, key) is not None
    if not rows:
        raise AnswerRefused("no request for this key", "import.key-other")
    if blocked:
        raise AnswerRefused("a blocked key", "import.key-blocked")
    same = [row for row in rows if answered.get(row.id) == answer.sha256]
    return (same or [row for row in rows if row.id not in answered] or list(rows))[0]


def _identifier(ledger: Ledger, row: IssuerRequest) -> bytes | None:
    """The key identifier that is in use already, if this issuer is there."""
    with ledger.read() as session:
        statement = select(Issuer.certificate).where(Issuer.name == row.name, Issuer.generation == row.generation)
        known = session.scalar(statement)
    return None if known is None else parse_certificate(bytes(known)).subject_key_identifier


def _request(session: Session, key: str, outside: str) -> IssuerRequest | None:
    return session.scalar(
        select(IssuerRequest).where(IssuerRequest.key_sha256 == key, IssuerRequest.outside_sha256 == outside)
    )


def _room_below(name: str) -> int:
    """How many CAs stand below one of ours; an issuing CA has none."""
    return 1 if is_root(name) else 0


def _extensions(mode: Mode, name: str, spki: bytes) -> bytes:
    """What our own root would write into the certificate of this CA, as far as an outside one must know it."""
    wanted = replace(PROFILES["issuing-ca"], path_length=_room_below(name))
    identifier = extensions.extension(oids.SUBJECT_KEY_IDENTIFIER, octet_string(keys.key_identifier(spki)))
    confined = extensions.extension(oids.NAME_CONSTRAINTS, _confinement(mode, name), critical=True)
    return identifier + extensions.key_usage(wanted.key_usages) + extensions.basic_constraints(wanted) + confined


def _confinement(mode: Mode, name: str) -> bytes:
    """The name constraints asked for. A root's hold no directory name: under it are hosts too (decision 0022)."""
    subjects = not is_root(name) and not profile_of_issuer(name).subjects_free
    return zone.constraints(practice=mode is Mode.PRACTICE, subjects=subjects)


def _terms(ledger: Ledger, mode: Mode, row: IssuerRequest) -> Asked:
    """What the answer must be, by the request and by what this CA will certify."""
    wanted, arc = parse_request(row.request), policy_arc(mode)
    if not is_of_its_family(row.name, keys.algorithm_of(wanted.spki)):
        raise AnswerRefused("a key of another family than the name's", "import.key-family")
    below = profiles_under(row.name)
    needs = Needs(
        # With the country, which a request need not name: what is below is of it, whatever the CA itself is.
        name_constraints(zone.constraints(practice=mode is Mode.PRACTICE)),
        frozenset(purpose for profile in below for purpose in profile.extended_key_usages),
        frozenset(f"{arc}.{profile.policy}" for profile in below if profile.policy is not None),
    )
    return Asked(
        wanted.spki, wanted.subject, row.path_length, _identifier(ledger, row),
        asked_extension(wanted.der, oids.NAME_CONSTRAINTS), needs,
    )  # fmt: skip


def outside_root(octets: bytes) -> ParsedCertificate:
    """The certificate (PEM or DER) that an outside root signed itself. Raises CeremonyFailed."""
    try:
        [root] = _read(octets)
    except (PkiError, ValueError):
        raise CeremonyFailed(
            "the file of the outside root is not one certificate: ask for it again", "ceremony.outside-unfit"
        ) from None
    if root.issuer != root.subject or not root.is_ca:
        raise CeremonyFailed(
            "this is no root: take the certificate that the outside root signed itself", "ceremony.outside-unfit"
        )
    return root


def _read(octets: bytes) -> list[ParsedCertificate]:
    found = [parse_certificate(octets)] if octets[:1] == b"\x30" else certificates_from_pem(octets)
    if not found:
        raise ParseError("no certificate in the file")
    return found
