"""`ceremony-issuer`: an issuing CA under the root, in a practice home."""

import click

from ca.ceremonies.ceremony import Ceremony, CeremonyFailed
from ca.ceremonies.practice import ISSUER_NAMES, begin, hold_alone, issuer_steps, root_of, root_steps
from ca.ceremonies.steps.root_crl import RootCrlStep
from ledger.decision import Refuse
from scripts.cli import Exit, Outcome, Run, verb
from scripts.issue import alone, keyring
from web.home import Mode


@verb("ceremony", example="python -m scripts ceremony-issuer officers")
@click.argument("name", type=click.Choice(ISSUER_NAMES))
def ceremony_issuer(run: Run, *, name: str) -> Outcome | Refuse:
    """Makes the issuer's key, certified by the root, whose key must be at hand; and its OCSP responder.

    The signing room must be stopped: a ceremony ends what it finds intended and not signed. In production several
    operators hold a ceremony by its file: see `ceremony-plan`.
    """
    ceremony = Ceremony(run.ledger, run.home, keyring(run), run.home.mode())
    with alone(run) as only:
        if not only:
            return Refuse("issuance.other-room")
        try:
            alone_only_in_practice(ceremony)
            root = root_of(name)
            steps = [*begin(), *root_steps(root), *issuer_steps(name, root), RootCrlStep(root)]
            hold_alone(ceremony, f"The issuer {name}", steps, run.clock.now())
            issuer = ceremony.opened(name, ceremony.keys.opened(name))
        except CeremonyFailed as fault:
            return Outcome({"error": str(fault)}, [str(fault)], Exit.REFUSED)
    path = str(run.home.certificate(name))
    return Outcome({"issuer": issuer.id, "certificate": path}, [f"The issuer {name} is in {path}."])


def alone_only_in_practice(ceremony: Ceremony) -> None:
    """Raises CeremonyFailed in production, where no key of a CA is used by one person alone (CA-05)."""
    ceremony.check_mode()
    if ceremony.mode is Mode.PRODUCTION:
        raise CeremonyFailed(
            "production has no ceremony of one person: write a plan, and begin with ceremony-plan FILE"
        )
