"""`client-list`: the relying services, living and retired."""

from idp.clients import every
from scripts.cli import Outcome, Run, verb


@verb("idp", "python -m scripts client-list --json")
def client_list(run: Run) -> Outcome:
    """Shows each client with its addresses. Secrets are nowhere to be shown: only their digests are kept."""
    with run.ledger.read() as session:
        found = every(session, run.clock.now())
    clients = [
        {
            "client_id": client.id,
            "name": {"lo": client.name_lo, "en": client.name_en},
            "profile": client.profile,
            "auth_method": client.auth_method or "client_secret_basic",
            "first_party": client.first_party,
            "level": client.minimum_level,
            "scopes": client.scopes.split(" "),
            "redirect_uris": client.redirect_uris.split(" "),
            "post_logout_redirect_uris": client.post_logout_redirect_uris.split(),
            "backchannel_logout_uri": client.backchannel_logout_uri,
            "retired": not lives,
        }
        for client, lives in found
    ]
    lines = [f"{one['client_id']}  {client.name_en}{'' if lives else '  (retired)'}" for one, (client, lives) in
             zip(clients, found, strict=True)]  # fmt: skip
    return Outcome({"clients": clients}, lines or ["There are no clients yet: see client-add."])
