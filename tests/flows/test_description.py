"""demo.json, which outside programs go by: what it lists is there and works."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from scripts.demonstration.description import describe
from scripts.story.telling import documents_of, provide_documents
from tests.ca.acme.client import AcmeClient, Answer, octets
from tests.flows.running import Running, quiet


def described(running: Running) -> dict[str, Any]:
    """demo.json as it is now."""
    installation, ready = running.installation, running.ready
    told: dict[str, Any] = json.loads(
        describe(installation, ready.accounts, ready.clients, documents_of(installation)).read_text()
    )
    return told


def verdict(running: Running, document: Path) -> str:
    """What validation says to the document, asked without a rule."""
    where = f"{running.home.url('validation')}/v1/validations"
    answer = running.installation.web.post(where, files={"file": document.read_bytes()}, timeout=30)
    return str(answer.json()["verdict"])


def test_there_are_documents_to_try_before_any_story_and_each_gets_the_verdict_expected(running: Running) -> None:
    provide_documents(running.installation, quiet(), running.ready)

    documents = described(running)["documents"]

    assert [one["expected"] for one in documents] == ["VALID", "INVALID"]
    assert [verdict(running, Path(one["path"])) for one in documents] == ["VALID", "INVALID"]


def test_whoever_was_revoked_is_no_longer_among_the_accounts(running: Running) -> None:
    citizen = next(account.number for account in running.ready.accounts if account.kind == "citizen")
    admin = running.ready.admins[0]
    key = running.installation.personal(admin, "authentication").uri
    before = {account["username"] for account in described(running)["accounts"]}

    words = ("--person", citizen, "--reason", "cessationOfOperation", "--as", admin, "--key", key)
    done = running.installation.verb("revoke", *words)

    assert done.exit == 0, done.values
    assert before - {account["username"] for account in described(running)["accounts"]} == {citizen}


def test_there_is_a_certificate_of_more_than_ten_kinds_and_one_of_a_post_quantum_chain(running: Running) -> None:
    certificates = described(running)["certificates"]

    kinds = {one["profile"] for one in certificates}
    quantum = [one for one in certificates if one["issuer"] == "officers-pq"]
    assert len(kinds) > 10
    assert {"organisation-seal", "tls-server", "device", "mail-signing", "officer-encryption"} <= kinds
    assert {one["profile"] for one in quantum} == {"officer-signing", "ocsp-responder"}
    assert all(Path(one["chain"]).exists() for one in quantum)


def test_an_acme_client_gets_an_account_and_an_order_by_what_is_told(running: Running) -> None:
    acme, web = described(running)["acme"], running.installation.web

    def send(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        answer = web.request(method, url, data=body, headers=dict(headers), timeout=30)
        return Answer(answer.status_code, answer.headers, answer.content)

    client = AcmeClient(send, acme["directory"].removesuffix("/acme/directory"))

    assert client.register(acme["eab_kid"], octets(acme["eab_hmac_key"])).status == 201
    assert client.order(f"www.{acme['zone']}", "localhost").status == 201
    assert (acme["http_port"], acme["tls_port"], acme["dns_port"]) == (5002, 5001, 5053)
