"""`ceremony-issuer`: an issuing CA under the root, in a practice home."""

import click

from ca.ceremonies.ceremony import RESPONDER_LIFE, Ceremony
from ca.ceremonies.failure import CeremonyFailed
from ca.ceremonies.generations import in_use, issuer_named
from ca.ceremonies.names import ISSUING_NAMES
from ca.ceremonies.practice import begin, hold_alone, issuer_steps, root_steps
from ca.ceremonies.steps.root_crl import RootCrlStep
from ca.issuance.composition import IssuingKey
from ca.profiles import root_of
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, verb
from scripts.issue import alone, keyring
from web.home import Mode


@verb("ceremony", example="python -m scripts ceremony-issuer officers")
@click.argument("name", type=click.Choice(ISSUING_NAMES))
def ceremony_issuer(run: Run, *, name: str) -> Outcome | Refuse:
    """Makes the issuer's key, certified by the root, whose key must be at hand; and its OCSP responder.

    Of an issuer that an outside root certified, or of a later generation, it makes the responder alone. The signing
    room must be stopped: a ceremony ends what it finds intended and not signed. In production several operators hold
    a ceremony by its file: see `ceremony-plan`.
    """
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    with alone(run) as only:
        if not only:
            return Refuse("issuance.other-room")
        alone_only_in_practice(ceremony)
        issuer, key_name = _with_responder(ceremony, name) or _made(ceremony, name)
    path = str(run.home.certificate(key_name))
    return Outcome({"issuer": issuer.id, "certificate": path}, [f"The issuer {key_name} is in {path}."])


def _made(ceremony: Ceremony, name: str) -> tuple[IssuingKey, str]:
    """The first generation, under our own root, by a ceremony of one."""
    root = root_of(name)
    steps = [*begin(), *root_steps(root), *issuer_steps(name, root), RootCrlStep(root)]
    hold_alone(ceremony, f"The issuer {name}", steps, ceremony.ledger.clock.now())
    return ceremony.opened(name, ceremony.keys.opened(name)), name


def _with_responder(ceremony: Ceremony, name: str) -> tuple[IssuingKey, str] | None:
    """The generation in use with its responder, if it is there already by another way than `_made`."""
    with ceremony.ledger.read() as session:
        found = in_use(session, name, ceremony.ledger.clock.now())
    ours = issuer_named(ceremony.ledger, root_of(name)) is not None
    if found is None or (found.key_name == name and ours):
        return None
    ceremony.begin()
    issuing = ceremony.opened_generation(found.key_name)
    responder, algorithm = f"ocsp-{found.key_name}", issuing.signer.algorithm
    ceremony.service(responder, "ocsp-responder", issuing, algorithm=algorithm, validity=RESPONDER_LIFE)
    return issuing, found.key_name


def alone_only_in_practice(ceremony: Ceremony) -> None:
    """Raises CeremonyFailed in production, where no key of a CA is used by one person alone (CA-05)."""
    ceremony.check_mode()
    if ceremony.mode is Mode.PRODUCTION:
        raise CeremonyFailed(
            "production has no ceremony of one person: write a plan, and begin with ceremony-plan FILE",
            "ceremony.by-plan",
        )
