"""`foreign-ca.accept`: certificates of a foreign CA count as ours do, at a level, from when to when, by what law."""

from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from ssl import DER_cert_to_PEM_cert, PEM_cert_to_DER_cert

from sqlalchemy import select

from ca.governance.days import begins_at, shown, span_in
from ca.governance.kind import Belief, ChangeKind, Effect, Given, NewId, Resolved, Unfit, Values
from ca.recognition import LEVELS, recognised
from ledger.base import Fact
from ledger.canonical import moment
from ledger.certificates import Issuer
from ledger.decision import Refuse
from ledger.recognition import ForeignCa, ForeignCaTerm
from ledger.roles import Action
from pki.certificate import parse_certificate
from pki.errors import PkiError
from pki.keys import check_strength
from pki.names import name_text
from pki.parsed import ParsedCertificate
from pki.profile import KeyUsage


def _resolve(belief: Belief, given: Given, now: datetime) -> Resolved | Refuse:
    try:
        read = parse_certificate(PEM_cert_to_DER_cert(str(given["certificate"])))
        check_strength(read.spki)
    except (PkiError, ValueError) as fault:
        return Unfit("change.unfit", (f"certificate is none that could be accepted, in PEM: {fault}",))
    if faults := _faults(given, read, now):
        return Unfit("change.unfit", tuple(faults))
    span = span_in(given, now)
    if isinstance(span, Refuse):
        return span
    if belief.session.scalar(select(Issuer.id).where(Issuer.certificate == read.der)) is not None:
        return Refuse("foreign.own")
    if any(not one.over(now) for one in recognised(belief, read.sha256)):
        return Refuse("foreign.accepted-already")
    begins, ends = span
    said = {"name": given["name"], "level": given["level"], "legal_basis": given["legal_basis"]}
    after = {
        **said,
        "subject": name_text(read.subject),
        "from": "application" if begins is None else shown(moment(begins)),
        "until": None if ends is None else shown(moment(ends)),
    }
    values = {**said, "certificate": DER_cert_to_PEM_cert(read.der), "from": begins, "until": ends}
    return Resolved(values, {f"foreign CA {read.sha256}": (None, after)})


def _faults(given: Given, read: ParsedCertificate, now: datetime) -> list[str]:
    signs = KeyUsage.KEY_CERT_SIGN in read.key_usages
    rules = (
        (read.sha256 != given["sha256"], f"sha256 is another certificate's: this one's is {read.sha256}"),
        (not read.is_ca or not signs, "certificate is no CA's: it may not sign certificates"),
        (not read.not_before <= now < read.not_after, "certificate is not valid now"),
        (given["level"] not in LEVELS, f"level is one of {', '.join(LEVELS)}"),
    )
    return [sentence for wrong, sentence in rules if wrong]


def _facts(values: Values, at: datetime, new_id: NewId) -> Sequence[Fact]:
    der = PEM_cert_to_DER_cert(values["certificate"])
    accepted = ForeignCa(
        id=new_id(), name=values["name"], sha256=sha256(der).hexdigest(), certificate=der, level=values["level"]
    )
    until = None if values["until"] is None else moment(values["until"])
    term = ForeignCaTerm(
        id=new_id(),
        foreign_ca_id=accepted.id,
        number=1,
        valid_from=begins_at(values["from"], at),
        valid_to=until,
        legal_basis=values["legal_basis"],
    )
    return [accepted, term]


def _effects(_belief: Belief, values: Values, _now: datetime) -> Sequence[Effect]:
    return [Effect("change.effect-foreign-accepted", {"name": values["name"], "level": values["level"]})]


KIND = ChangeKind(
    name="foreign-ca.accept",
    planning=Action.PLAN_RULES,
    approving=Action.APPROVE_RULES,
    needed=frozenset({"name", "certificate", "sha256", "level", "legal_basis"}),
    possible=frozenset({"from", "until"}),
    resolve=_resolve,
    facts=_facts,
    effects=_effects,
)
