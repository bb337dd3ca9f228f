"""What `renew`, `rekey` and `modify` share: the holder's wish becomes a request that follows his certificate."""

from collections.abc import Sequence
from pathlib import Path

from ca.endings.following import Wanted, Way
from ca.registration.application import Shown
from ca.registration.dossier import dossier
from ca.reissue.handing_in import HandedIn, hand_in
from ledger.decision import Refuse
from ledger.sealed_fields import SealedFields
from scripts.certificate_show import digest_of
from scripts.cli import ActingPerson, Outcome, Run
from web.home import Mode


def followed(
    run: Run,
    holder: ActingPerson,
    way: Way,
    certificate: str,
    request: Path | None,
    terms: str | None,
    evidence: Sequence[Shown] = (),
) -> Outcome | Refuse:
    """The request is recorded; the outcome says where it is and who takes it further."""
    digest = digest_of(run, certificate)
    wanted = Wanted(way, digest, request.read_bytes() if request else None, evidence, terms)
    fields, practice = SealedFields.open(run.key_uri("fields")), run.home.mode() is Mode.PRACTICE
    handed = HandedIn(wanted, holder.person_id, holder.sign)
    enrolment = hand_in(run.ledger, fields, handed, practice=practice)
    if isinstance(enrolment, Refuse):
        return enrolment
    with run.ledger.read() as session:
        found = dossier(session, enrolment, run.clock.now())
    state = found.state.value if found else "unknown"
    values = {"enrolment": enrolment, "follows": digest, "way": way.value, "state": state}
    return Outcome(values, [f"Enrolment {enrolment} is {state}; `enrolment-show {enrolment}` says what it waits for."])
