"""Chapter 6, continued: a citizen signs one document, by a certificate of minutes and a key that is thrown away."""

from cryptography import x509
from sqlalchemy import select

from ca.registration.application import Agreed, AgreementMeans, Application
from ca.statement import terms
from ledger.people import Cutoff, Person, PersonDetail
from scripts.demonstration.certifying import collect_for, decide_all, sample_card, submitted
from scripts.demonstration.journal import require
from scripts.demonstration.keys import PersonalKey
from scripts.story.documents import decree_text, require_verdict, validate
from scripts.story.scene import Scene

_PROFILE = "citizen-signing-once"


def tell(scene: Scene) -> None:
    """Every step holds."""
    journal = scene.journal
    with journal.step("a citizen asks at the desk for one signature, two officers agree, and it is certified") as said:
        key = _certified(scene)
        certificate = x509.load_pem_x509_certificate(key.certificate.read_bytes())
        lives = certificate.not_valid_after_utc - certificate.not_valid_before_utc
        require(lives.total_seconds() <= 1800, f"the certificate lives for {lives}")
        said.say(f"for {round(lives.total_seconds() / 60)} minutes")
    with journal.step("he signs his document; the key is thrown away, and the signature is VALID"):
        document = _signed(scene, key)
        key.key.unlink()
        answer = validate(scene, document)
        require_verdict(answer, "VALID", None)
        signer = answer["signatures"][0]["signer"]
        require(signer["number"] == key.number, f"the signer was {signer}")


def _certified(scene: Scene) -> PersonalKey:
    """A fresh key of a citizen, with its certificate."""
    installation = scene.installation
    officer, ledger = installation.acting(scene.admins[0]), installation.ledger("ca")
    citizens = select(Person.number).join(PersonDetail, PersonDetail.person_id == Person.id)
    alive = citizens.where(PersonDetail.source == "citizens", Person.id.not_in(select(Cutoff.person_id)))
    with ledger.read() as session:
        number = session.scalars(alive.order_by(Person.number).limit(1)).one()
        agreed = Agreed(terms.current(session).digest, AgreementMeans.WRITTEN, installation.clock.now())
    key = PersonalKey(scene.folder, number, "once")
    for left in (key.key, key.certificate):
        left.unlink(missing_ok=True)  # of an earlier telling
    application = Application(key.request(), number, _PROFILE, [sample_card(number, officer.person_id)], agreed)
    submitted(installation, [application], officer.actor)
    decide_all(installation, scene.admins)
    collect_for(installation, [key], lambda _count: None)
    return key


def _signed(scene: Scene, key: PersonalKey) -> bytes:
    source, target = scene.folder / "once.pdf", scene.folder / "once-signed.pdf"
    source.write_bytes(decree_text(scene.installation))
    words = ["sign", str(source), "--key", key.uri, "--certificate", str(key.certificate), "--out", str(target)]
    result = scene.installation.verb(*words)
    require(result.exit == 0, f"sign ended with {result.exit}: {result.values}")
    return target.read_bytes()
