"""`statement-publish`: a second person agrees, and the new versions are in force."""

import click

from ca.statement.publishing import act_for, publish
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("ceremony", example="python -m scripts statement-publish 3f0c9a1b… --as 10000002 --key file:/abs/key.pem")
@for_person
@click.argument("digest")
def statement_publish(run: Run, *, digest: str, number: str, key: str) -> Outcome | Refuse:
    """Publishes the plan DIGEST, to which another person agreed; processes that refused to start may start now."""
    done = publish(run.ledger, run.home, run.acting(number, key).sign(act_for(digest, run.clock.now())))
    if isinstance(done, Refuse):
        return done
    versions = {version.document: version.number for version in done}
    lines = [f"{document}: version {number} is in force." for document, number in versions.items()]
    return Outcome({"versions": versions, "plan": digest}, lines)
