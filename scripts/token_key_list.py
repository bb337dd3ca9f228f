"""`token-key-list`: the keys of tokens, and which of them sign."""

from idp.app import further_keys
from idp.token_keys import Keyring, TokenKey
from scripts.cli import Outcome, Run, verb
from signers import open_signer


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
    return Keyring((TokenKey(open_signer(run.key_uri("token"))), *further_keys(run.home, {})))
