"""`token-key-list`: the keys of tokens, and which of them sign."""

from idp.token_keys import Keyring
from scripts.cli import Outcome, Run, verb
from scripts.rolling import base_keys


@verb("idp", "python -m scripts token-key-list --json")
def token_key_list(run: Run) -> Outcome:
    """Shows each key whose tokens count: its name, its algorithm, and whether it signs now."""
    keys = keyring_of(run).current(run.ledger)
    signing = {key.kid for key in keys.signing}
    shown = [{"kid": key.kid, "algorithm": key.algorithm, "signs": key.kid in signing} for key in keys.keys]
    lines = [f"{one['kid']}  {one['algorithm']}{'  signs' if one['signs'] else ''}" for one in shown]
    return Outcome({"keys": shown}, lines)


def keyring_of(run: Run) -> Keyring:
    """The keys that the home has, before those of the ledger."""
    return Keyring([one.key for one in base_keys(run)])
