"""`client-list`: the relying services, living, lapsed and retired."""

from collections.abc import Mapping
from typing import Any

from idp.agreements import told
from idp.clients import every, is_retired
from idp.lapsed_keys import lapsed_since
from scripts.cli import Outcome, Run, verb


@verb("idp", "python -m scripts client-list --json")
def client_list(run: Run) -> Outcome:
    """Shows each client with its addresses. Secrets are nowhere to be shown: only their digests are kept."""
    with run.ledger.read() as session:
        found = every(session, run.clock.now())
        agreements = [told(session, client.id) for client, _ in found]
        retired = [is_retired(session, client.id) for client, _ in found]
        keyless = lapsed_since(session)
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
            "keys_lapsed": at.isoformat() if (at := keyless.get(client.id)) else None,
            "agreement": agreement,
            "retired": gone,
            "lapsed": not lives and not gone,
        }
        for (client, lives), agreement, gone in zip(found, agreements, retired, strict=True)
    ]
    lines = [f"{one['client_id']}  {client.name_en}{_state(one)}" for one, (client, _) in
             zip(clients, found, strict=True)]  # fmt: skip
    return Outcome({"clients": clients}, lines or ["There are no clients yet: see client-add."])


def _state(one: Mapping[str, Any]) -> str:
    agreement, keyless = one["agreement"], f"  (keys not reached: {one['keys_lapsed']})" if one["keys_lapsed"] else ""
    days = f"  until {agreement['until']} ({agreement['organisation']})" if agreement else "  no agreement"
    return "  (retired)" if one["retired"] else f"{days}  (lapsed)" if one["lapsed"] else days + keyless
