"""`allowance-secret`: a one-time code or a secret with which a machine begins to ask, shown once."""

from pathlib import Path

import click

from ca.machines.doors import KEY, Doors, make, withdraw
from ca.machines.rules import Protocol
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb


@verb("ca", "python -m scripts allowance-secret 01932a5c-… --protocol est --as 10000001 --key file:/abs/key.pem")
@for_person
@click.option("--protocol", type=click.Choice([each.value for each in Protocol]), help="By which the machine asks.")
@click.option("--file", type=click.Path(path_type=Path, dir_okay=False), help="Where the secret goes, mode 0600.")
@click.option("--withdraw", "reference", help="Instead: the secret of this reference opens nothing any more.")
@click.argument("allowance", required=False)
def allowance_secret(
    run: Run, *, allowance: str | None, protocol: str | None, file: Path | None, reference: str | None, number: str,
    key: str,
) -> Outcome | Refuse:  # fmt: skip
    """Makes a secret for an allowance and shows it once: it is never shown again, and nobody can read it later."""
    person = run.acting(number, key)
    if reference is not None:
        withdrawn = withdraw(run.ledger, reference, person.person_id)
        gone = Outcome({"reference": reference}, [f"{reference} opens nothing any more."])
        return withdrawn if isinstance(withdrawn, Refuse) else gone
    if allowance is None or protocol is None:
        raise click.UsageError("give ALLOWANCE and --protocol, or --withdraw REFERENCE")
    doors = Doors.at(run.key_uri(KEY))
    if doors is None:
        return Refuse("machine.no-doors")
    made = make(run.ledger, doors, allowance, Protocol(protocol), person.person_id, person.sign)
    if isinstance(made, Refuse):
        return made
    values = {"reference": made.reference, "until": made.not_after}
    lines = [f"ຜູ້ໃຊ້ / reference: {made.reference}", f"ໃຊ້ໄດ້ຮອດ / until: {made.not_after}"]
    if file is None:
        return Outcome({**values, "secret": made.secret}, [*lines, f"ລະຫັດລັບ / secret: {made.secret}"])
    file.touch(0o600)
    file.write_text(f"{made.secret}\n")
    return Outcome({**values, "file": str(file)}, [*lines, f"ລະຫັດລັບຢູ່ໃນ / the secret is in: {file}"])
