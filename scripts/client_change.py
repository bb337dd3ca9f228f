"""`client-change`: what a relying service is registered with is another from now on."""

from typing import Any

import click

from idp.changing import Change, as_it_is, change, changing
from idp.management import refused
from ledger.decision import Refuse
from scripts.cli import Outcome, Run, for_person, verb
from scripts.client_options import REMOVABLE, changed, served_for, with_registration


@verb("idp", "python -m scripts client-change 0193a1b2-… --redirect-uri https://shop.la/cb2 --as 10000001 --key …")
@for_person
@click.argument("client_id")
@with_registration(new=False)
@click.option("--without", multiple=True, type=click.Choice(tuple(REMOVABLE)), help="This is as if it was never said.")
@click.option("--new-secret", is_flag=True, help="It gets another secret, shown once; the one before counts no more.")
@click.option("--other-subjects", is_flag=True, help="Its people may get another sub, since its addresses change host.")
def client_change(
    run: Run, *, client_id: str, without: tuple[str, ...], new_secret: bool, other_subjects: bool, number: str,
    key: str, **said: Any,
) -> Outcome | Refuse:  # fmt: skip
    """Changes the client CLIENT_ID, which client-add registered: each option takes the place of what was there.

    All values of an option that is said several times go together: name those that stay, too. What people agreed to
    before lasts until their sessions end. A service that registered itself changes itself.
    """
    with run.ledger.read() as session:
        before = as_it_is(session, client_id)
    person = run.acting(number, key)
    if isinstance(before, Refuse):
        return refused(run.ledger, "unknown", before.code, person.person_id)
    registration, version = before
    wanted = changed(registration, said, tuple(REMOVABLE[one] for one in without))
    if wanted == registration and not new_secret:
        return Refuse("client.nothing-changes")
    what = Change(client_id, version, wanted, other_subjects, new_secret)
    done = change(run.ledger, what, person.sign(changing(what, run.clock.now())), served_for(run, wanted))
    if isinstance(done, Refuse):
        return done
    secret = {"client_secret": done.client_secret} if done.client_secret else {}
    lines = [f"{client_id} is as said, in version {done.number}."]
    lines += [f"client_secret  {one}" for one in secret.values()]
    return Outcome({"client_id": client_id, "version": done.number, **secret}, lines)
