"""Chapter 3, continued: what the desk and the signing room refuse, and what others say of our certificates."""

import time

from sqlalchemy import select

from ca.ceremonies.steps.first_officer import DESK
from ca.events.registration import EnrolmentDecided
from ca.issuance.second_judge import findings
from ca.registration.approvals import act_for
from ca.registration.decision import Vote, decide
from ca.tables.registration import Decision, DishonouredDecision, Enrolment
from ledger.acts import SignedAct, proof_columns
from ledger.certificates import Certificate, Intent, Revocation
from ledger.decision import Refuse
from ledger.event import Actor
from scripts.demonstration.certifying import apply_for
from scripts.demonstration.journal import require
from scripts.story.scene import Scene

_PROFILES = ("officer-authentication", "officer-signing", "citizen-authentication")
_SAMPLE = 20
"""Certificates of each profile that the second judge looks at."""


def tell(scene: Scene) -> None:
    """Every step of the chapter holds."""
    journal = scene.journal
    own = _request_of(scene, scene.admins[0])
    with journal.step("a decision on one's own request is refused"):
        _require_refused(_vote(scene, own, scene.admins[0]), "decision.own-request")
    with journal.step("a second decision by the same officer is refused"):
        require(isinstance(_vote(scene, own, scene.admins[1]), str), "the other officer's decision was not taken")
        _require_refused(_vote(scene, own, scene.admins[1]), "decision.twice")
    with journal.step("a decision that the desk made up is not honoured by the signing room"):
        _made_up(scene, own)
    with journal.step("pkilint, the second judge, finds no error") as said:
        said.say(f"{_judged_again(scene)} certificates of {len(_PROFILES)} profiles")
    with journal.step("no intent is unaccounted for"):
        require(not _unaccounted(scene), f"intents without certificate or ending: {_unaccounted(scene)}")


def _unaccounted(scene: Scene) -> list[str]:
    signed = select(Certificate.id).where(Certificate.id == Intent.id)
    ended = select(Revocation.certificate_id).where(Revocation.certificate_id == Intent.id)
    with scene.installation.ledger("ca").read() as session:
        return list(session.scalars(select(Intent.id).where(~signed.exists(), ~ended.exists())))


def _request_of(scene: Scene, number: str) -> Enrolment:
    """One more request of a registration officer himself."""
    before = _newest(scene)
    key = scene.installation.personal(number, "signing-2")
    key.key.unlink(missing_ok=True)
    apply_for(scene.installation, [(number, "again")], scene.admins[1])
    newest = _newest(scene)
    assert newest is not None and (before is None or newest.id != before.id)
    return newest


def _newest(scene: Scene) -> Enrolment | None:
    with scene.installation.ledger("ca").read() as session:
        return session.scalars(select(Enrolment).order_by(Enrolment.id.desc()).limit(1)).first()


def _vote(scene: Scene, enrolment: Enrolment, number: str) -> str | Refuse:
    officer = scene.installation.acting(number)
    act = act_for(enrolment, scene.installation.clock.now(), approved=True, desk=DESK)
    return decide(scene.installation.ledger("ca"), Vote(enrolment.id, True, officer.sign(act), DESK))  # noqa: FBT003


def _require_refused(outcome: str | Refuse, code: str) -> None:
    require(isinstance(outcome, Refuse) and outcome.code == code, f"the outcome was {outcome}, not {code}")


def _made_up(scene: Scene, enrolment: Enrolment) -> None:
    """The desk's own database role writes the missing yes itself; it has no officer's key to sign it with."""
    ledger = scene.installation.ledger("ca")
    victim = scene.installation.acting(scene.admins[0])
    act = act_for(enrolment, scene.installation.clock.now(), approved=True, desk=DESK)
    forged = SignedAct(act, victim.certificate_sha256, bytes(70))
    with ledger.entry(EnrolmentDecided(enrolment.id, victim.person_id, approved=True), Actor.system("ca")) as tx:
        made_up = Decision(
            id=tx.new_id(),
            enrolment_id=enrolment.id,
            officer_id=victim.person_id,
            approved=True,
            desk=DESK,
            **proof_columns(forged),
        )
        tx.add(made_up)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with ledger.read() as session:
            issued = session.scalar(select(Intent.id).where(Intent.enrolment_id == enrolment.id))
            dishonoured = session.get(DishonouredDecision, made_up.id)
        require(issued is None, "the signing room issued on a made-up decision")
        if dishonoured is not None:
            return
        time.sleep(0.1)
    require(False, "the signing room did not record that it dishonoured the decision")  # noqa: FBT003


def _judged_again(scene: Scene) -> int:
    judged = 0
    for profile in _PROFILES:
        statement = select(Certificate.der).where(Certificate.profile == profile).limit(_SAMPLE)
        with scene.installation.ledger("ca").read() as session:
            certificates = session.scalars(statement).all()
        for der in certificates:
            found = findings(bytes(der))
            require(not found, f"pkilint finds in a {profile} certificate: {found}")
            judged += 1
    return judged
