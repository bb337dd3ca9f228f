"""A root's key is lost: the next root stands without it, answers and lists, and certifies the issuers anew."""

from shutil import copyfile

import pytest
from sqlalchemy import select

from ca.ceremonies.cross import PROFILE, certify_each_other
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import State, generations
from ca.ceremonies.plan import Operator, Plan, read_plan
from ca.ceremonies.practice import begin, hold_alone, root_steps
from ca.ceremonies.preview import foresee
from ca.ceremonies.replay import replay
from ca.ceremonies.rollover import roll_over
from ca.ceremonies.run import Place
from ca.ceremonies.steps.key import KeyStep
from ca.ceremonies.steps.rollover import RolloverStep
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.ceremonies.steps.step import SoFar
from ca.closing.carrying_out import carry_out
from ca.closing.ending import Way
from ca.closing.inventory import inventory
from ca.endings.unproven import uncaused
from ca.governance.provenance import Provenance
from ca.publication.crl import newest
from ca.tables.ceremonies import KeyDestruction
from ledger.certificates import Certificate, KeyBlock, Revocation
from ocsp.responder import OcspResponder
from ocsp.store import StatusStore
from pki.crl import parse_crl
from pki.keys import key_sha256
from pki.parsed import parse_certificate
from pki.signing import SignatureAlgorithm
from tests.ca.closers import admit_closers, both_acted, ceremony_of, issuer_of
from tests.ca.conftest import PracticeCa
from tests.ca.following import write
from tests.doubles import TurnedClock
from web.home import Mode

ISSUERS = ("officers", "citizens", "services")


def key_of(ca: PracticeCa, key_name: str) -> str:
    return key_sha256(parse_certificate(bytes(issuer_of(ca, key_name).certificate)).spki)


def crosses(ca: PracticeCa) -> list[Certificate]:
    with ca.ledger.read() as session:
        return list(session.scalars(select(Certificate).where(Certificate.profile == PROFILE)))


@pytest.fixture
def lost(ca: PracticeCa) -> PracticeCa:
    """The CA whose root was lost, and all under it ended."""
    admit_closers(ca)
    carry_out(ca.ledger, both_acted(ca, "root", Way.COMPROMISE))
    return ca


def test_the_next_root_and_its_issuers_sign_answer_and_list(lost: PracticeCa, clock: TurnedClock) -> None:
    for name in ("root", *ISSUERS):
        roll_over(ceremony_of(lost), name, clock.now())
        clock.turn(seconds=1)

    with lost.ledger.read() as session:
        states = {one.key_name: one.state for one in generations(session, clock.now())}
        listed = [newest(session, name, 2) for name in ("root", *ISSUERS)]
    store = StatusStore(lost.ledger)
    answering = {authority.name for authority in store.authorities()}
    assert {states[f"{name}-2"] for name in ("root", *ISSUERS)} == {State.SIGNS}
    assert None not in listed
    assert {f"{name}-2" for name in ("root", *ISSUERS)} <= answering
    assert OcspResponder(store, lambda name: lost.issuing_signer(f"ocsp-{name}"), clock).fault() is None
    assert crosses(lost) == []


def test_a_root_whose_key_was_given_up_is_followed_without_it(ca: PracticeCa, clock: TurnedClock) -> None:
    write(ca, KeyDestruction(key_sha256=key_of(ca, "root"), at=clock.now()))

    roll_over(ceremony_of(ca), "root", clock.now())

    assert (crosses(ca), issuer_of(ca, "root-2").generation) == ([], 2)


def test_a_plan_follows_the_lost_root_without_its_key(lost: PracticeCa, clock: TurnedClock) -> None:
    ceremony = ceremony_of(lost)
    lost.home.key("root").unlink()
    now = clock.now().isoformat()
    generations = (RolloverStep("root", 2, now, "root-2"), RolloverStep("officers", 2, now, "root-2"))
    steps = [*begin(), *generations, RootCrlStep("root-2")]

    papers = Place(hold_alone(ceremony, "After the loss", steps, clock.now()).transcript.parent)
    again = hold_alone(ceremony, "After the loss", steps, clock.now())

    replayed = replay(papers.transcript.read_text(), read_plan(papers.plan), papers, lost.ledger)
    assert (replayed.faults, again.done, again.missing) == ((), 6, ())
    assert crosses(lost) == []
    assert not lost.home.key("root").exists()


@pytest.mark.parametrize(
    ("issuer", "sentence"), [("root-2", "root stands"), ("root", "the issuer of this step is root-2")]
)
def test_whether_the_former_root_vouches_is_as_agreed_or_nothing_is_done(
    ca: PracticeCa, clock: TurnedClock, issuer: str, sentence: str
) -> None:
    if issuer == "root":
        write(ca, KeyDestruction(key_sha256=key_of(ca, "root"), at=clock.now()))
    step = RolloverStep("root", 2, clock.now().isoformat(), issuer)

    with pytest.raises(CeremonyFailed, match=sentence) as failed:
        step.hold(ceremony_of(ca), SoFar(Mode.PRACTICE))

    assert failed.value.code == "ceremony.plan-differs"
    assert not ca.home.key("root-2").exists()


@pytest.mark.parametrize("name", ["root", "officers"])
def test_no_other_key_is_made_where_a_certified_one_is_gone(ca: PracticeCa, clock: TurnedClock, name: str) -> None:
    ca.home.key(name).unlink()
    before = issuer_of(ca, name).certificate
    step = KeyStep(name, SignatureAlgorithm.ECDSA_P256_SHA256)

    with pytest.raises(CeremonyFailed, match=f"if it is lost: `python -m scripts compromise {name}`") as failed:
        step.hold(ceremony_of(ca), SoFar(Mode.PRACTICE))

    assert failed.value.code == "ceremony.key-lost"
    assert (ca.home.key(name).exists(), issuer_of(ca, name).certificate) == (False, before)


def test_another_key_in_the_place_of_a_certified_one_is_not_taken(ca: PracticeCa) -> None:
    keys = ca.home.key("officers").parent
    for ending in ("key.pem", "pass"):
        copyfile(keys / f"citizens.{ending}", keys / f"officers.{ending}")

    with pytest.raises(CeremonyFailed, match="is not the one that officers was certified for"):
        ceremony_of(ca).ca_key("officers", SignatureAlgorithm.ECDSA_P256_SHA256)


def test_a_roll_over_that_lacks_the_former_roots_key_begins_nothing_and_goes_on_when_it_is_back(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    key = ca.home.key("root")
    key.rename(away := key.with_suffix(".away"))

    with pytest.raises(CeremonyFailed, match="bring that one"):
        roll_over(ceremony_of(ca), "root", clock.now())
    begun = ca.home.key("root-2").exists()
    away.rename(key)
    roll_over(ceremony_of(ca), "root", clock.now())

    assert not begun
    assert len(crosses(ca)) == 2


def test_a_lost_issuer_is_followed_by_a_plan_that_does_not_name_its_key(ca: PracticeCa, clock: TurnedClock) -> None:
    ca.home.key("officers").unlink()
    following = RolloverStep("officers", 2, clock.now().isoformat())

    hold_alone(ceremony_of(ca), "The next", [*begin(), *root_steps("root"), following, RootCrlStep()], clock.now())

    assert issuer_of(ca, "officers-2").generation == 2


def test_a_plan_shows_that_a_certified_key_is_gone(ca: PracticeCa, clock: TurnedClock) -> None:
    ca.home.key("root").unlink()
    operators = (Operator("practice", ca.issuing_signer("officers").public_key),)
    plan = Plan("Again", "here", "2026", Mode.PRACTICE, 1, operators, (*begin(), *root_steps("root")))

    foreseen = list(foresee(plan, ca.home, ca.home.key_uri, clock.now(), certified={"root"}.__contains__))

    assert [(one.number, "compromise root" in one.fault) for one in foreseen if one.fault] == [(3, True)]


def test_nobody_vouches_for_a_blocked_key(ca: PracticeCa, clock: TurnedClock) -> None:
    roll_over(ceremony_of(ca), "root", clock.now())
    roll_over(ceremony_of(ca), "root", clock.now())
    before = len(crosses(ca))
    write(ca, KeyBlock(key_sha256=key_of(ca, "root-3"), at=clock.now()))

    with pytest.raises(CeremonyFailed, match="its key is blocked"):
        certify_each_other(ceremony_of(ca), "root", "root-3")

    assert len(crosses(ca)) == before


def test_an_ended_issuer_is_said_to_have_ended(lost: PracticeCa, clock: TurnedClock) -> None:
    with pytest.raises(CeremonyFailed, match="this issuer has ended"):
        roll_over(ceremony_of(lost), "officers", clock.now())


def test_no_other_root_vouches_for_the_lost_key_and_the_list_that_says_so_is_due(
    ca: PracticeCa, clock: TurnedClock
) -> None:
    admit_closers(ca)
    roll_over(ceremony_of(ca), "root", clock.now())
    before = due(ca, "root-2")

    acted = both_acted(ca, "root", Way.COMPROMISE)
    clock.turn(seconds=1)  # they acted before what they acted by ended, too
    carry_out(ca.ledger, acted)

    with ca.ledger.read() as session:
        reasons = [session.get_one(Revocation, one.id).reason for one in crosses(ca)]
        doubted = [(one.id, one.code) for one in uncaused(Provenance(session))]
    assert (reasons, doubted) == (["cACompromise", "cACompromise"], [])
    assert (before, "crl-publish root-2" in str(due(ca, "root-2"))) == (None, True)
    clock.turn(seconds=1)
    listed = parse_crl(bytes(ceremony_of(ca).list_endings(ca.key_of(issuer_of(ca, "root-2"))).der))
    [vouched] = [one for one in crosses(ca) if one.issuer_id == issuer_of(ca, "root-2").id]
    assert listed.by_serial[int(vouched.serial_number, 16)].reason == "cACompromise"
    assert due(ca, "root-2") is None


def due(ca: PracticeCa, key_name: str) -> str | None:
    with ca.ledger.read() as session:
        lines = inventory(session, ca.ledger.clock.now())
    return next(line.due for line in lines if line.generation.key_name == key_name)
