"""The verbs of the provider, as an operator calls them: what each does, and how each refuses."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from idp.accounts import OpenedAccount
from idp.clients import current
from idp.declared import declared_by
from idp.factors.totp import base32, code
from idp.key_events import ClientKeysLapsed
from idp.tables import AccountUnlock, Client, ManagementProof
from ledger.clock import SystemClock, system_randomness
from ledger.entry import Entry
from ledger.event import Actor
from ledger.ledger import Ledger
from ledger.people import Person, PersonDetail
from ledger.sealed_fields import SealedFields
from pki.signing import SignatureAlgorithm
from scripts.__main__ import main
from tests.idp.desk import NUMBER, TEST, Arranged, Desk, desk_of
from tests.idp.keys import Holder
from tests.idp.readers import reader_of
from tests.idp.registration_desk import open_organisation
from tests.issuing import KeySigner, new_key
from tests.serving import home_with_keys
from web.home import Home

KEO = "10000033"
ADD = ("--lo", "ຮ້ານ", "--en", "Shop", "--profile", "standard", "--redirect-uri", "https://shop.la/callback")


@dataclass(frozen=True)
class Operator:
    """Somebody at the command line, who acts for the person at the desk."""

    home: Home
    desk: Desk

    def call(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and the one JSON object of a verb."""
        result = CliRunner().invoke(main, [*words, "--json", "--home", str(self.home.path)])
        assert not result.exception or isinstance(result.exception, SystemExit), result.output
        return result.exit_code, json.loads(result.stdout)

    def act(self, *words: str) -> tuple[int, dict[str, Any]]:
        """As `call`, for the person at the desk."""
        return self.call(*words, "--as", NUMBER, "--key", self.home.key_uri("desk"))


@pytest.fixture
def today(database_url: str) -> Iterator[Ledger]:
    """The database under the machine's own clock, by which verbs go."""
    ledger = Ledger(database_url, SystemClock(), system_randomness, "0.1.0", "test")
    with ledger.entry(Arranged("keo"), TEST) as tx:
        tx.add(Person(id="keo", number=KEO))
    with ledger.entry(Arranged("keo"), TEST) as tx:
        tx.add(
            PersonDetail(
                id="d", person_id="keo", number=1, given_lo="ແກ້ວ", given_en="Keo", mail="keo@mof.gov.la",
                search_key="x", source="officers",
            )
        )  # fmt: skip
    yield ledger
    ledger.close()


@pytest.fixture
def operator(today: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Operator:
    monkeypatch.setenv("LAOTRUST_DATABASE_URL", today.url)
    desk = desk_of(today)
    other = desk_of(today, "10900002", None).signer
    home = home_with_keys(tmp_path / "home", {"desk": desk.signer, "other": other, "token": KeySigner()})
    home.key("fields").write_text(bytes(range(32)).hex())
    (tmp_path / "password").write_text("practice-9\n")
    return Operator(home, desk)


@pytest.fixture
def opened(operator: Operator, tmp_path: Path) -> tuple[int, dict[str, Any]]:
    return operator.act("account-add", KEO, "--password-file", str(tmp_path / "password"))


def acts(ledger: Ledger) -> list[str]:
    with ledger.read() as session:
        return sorted(session.scalars(select(ManagementProof.kind)))


def test_account_add_opens_an_account_and_shows_its_secret_once(
    operator: Operator, today: Ledger, opened: tuple[int, dict[str, Any]]
) -> None:
    exit_code, said = opened

    shown = operator.call("account-code", "keo@MOF.gov.la")
    again = operator.act("account-add", KEO, "--password-file", str(operator.home.path.parent / "password"))

    assert (exit_code, said["username"]) == (0, KEO)
    assert said["otpauth"] == f"otpauth://totp/laotrust:{KEO}?secret={said['totp_secret']}&issuer=laotrust"
    assert (shown[0], len(shown[1]["code"]), 0 < shown[1]["seconds_left"] <= 30) == (0, 6, True)
    assert (again[0], again[1]["error"]) == (1, "account.exists")
    assert acts(today) == ["account.open"]


def test_account_add_renews_an_account(
    operator: Operator, today: Ledger, tmp_path: Path, opened: tuple[int, dict[str, Any]]
) -> None:
    exit_code, said = operator.act("account-add", KEO, "--renew", "--password-file", str(tmp_path / "password"))

    assert exit_code == 0
    assert said["account"] == opened[1]["account"]
    assert said["totp_secret"] != opened[1]["totp_secret"]
    assert acts(today) == ["account.open", "account.renew"]


def test_account_add_refuses_unknown_persons_and_short_passwords(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "short").write_text("1234567")

    unknown = operator.act("account-add", "99999999", "--password-file", str(tmp_path / "password"))
    short = operator.act("account-add", KEO, "--password-file", str(tmp_path / "short"))

    assert [unknown[0], short[0]] == [1, 1]
    assert [unknown[1]["error"], short[1]["error"]] == ["account.person-unknown", "account.password-length"]
    assert short[1]["lo"]


def test_account_unlock_gives_the_attempts_back_by_any_name(
    operator: Operator, today: Ledger, opened: tuple[int, dict[str, Any]]
) -> None:
    done = operator.act("account-unlock", "keo@mof.gov.la")
    unknown = operator.act("account-unlock", "99999999")

    with today.read() as session:
        assert len(session.scalars(select(AccountUnlock)).all()) == 1
    assert done == (0, {"username": "keo@mof.gov.la", "unlocked": True})
    assert (unknown[0], unknown[1]["error"]) == (1, "account.unknown")
    assert acts(today) == ["account.open", "account.unlock"]


def test_account_code_is_for_practice_and_for_accounts_only(
    operator: Operator, opened: tuple[int, dict[str, Any]]
) -> None:
    unknown = operator.call("account-code", "99999999")
    (operator.home.path / "mode").write_text("production")
    production = operator.call("account-code", KEO)

    assert [unknown[1]["error"], production[1]["error"]] == ["account.unknown", "account.practice-only"]


def test_account_code_shows_what_the_app_shows(operator: Operator, today: Ledger) -> None:
    account = operator.desk.open(SealedFields.open(operator.home.key_uri("fields")), KEO, "practice-9")
    assert isinstance(account, OpenedAccount)
    before = code(account.totp_secret, today.clock.now())

    _, said = operator.call("account-code", KEO)

    assert said["code"] in {before, code(account.totp_secret, today.clock.now())}
    assert base32(account.totp_secret) not in str(said)


def test_client_add_writes_the_secret_into_a_file_of_its_own(
    operator: Operator, today: Ledger, tmp_path: Path
) -> None:
    file = tmp_path / "secret"

    exit_code, said = operator.act("client-add", *ADD, "--secret-file", str(file))
    again = operator.act("client-add", *ADD, "--secret-file", str(file))

    with today.read() as session:
        [client] = session.scalars(select(Client)).all()
    assert (exit_code, said) == (0, {"client_id": client.id, "secret_file": str(file)})
    assert (file.stat().st_mode & 0o777, file.read_text()[:4]) == (0o600, "lts_")
    assert (again[0], again[1]["error"]) == (1, "client.secret-file-exists")
    assert acts(today) == ["client.register"]


def test_client_add_shows_the_secret_that_the_token_endpoint_takes(operator: Operator) -> None:
    exit_code, said = operator.act("client-add", *ADD, "--profile", "standard", "--level", "1", "--scope", "openid")
    _, listed = operator.call("client-list")

    assert (exit_code, said["client_secret"][:4]) == (0, "lts_")
    assert listed["clients"] == [
        {
            "client_id": said["client_id"], "name": {"lo": "ຮ້ານ", "en": "Shop"}, "profile": "standard",
            "auth_method": "client_secret_basic",
            "first_party": False, "level": 1, "scopes": ["openid"], "redirect_uris": ["https://shop.la/callback"],
            "post_logout_redirect_uris": [], "backchannel_logout_uri": None, "keys_lapsed": None,
            "agreement": None, "retired": False, "lapsed": False,
        }
    ]  # fmt: skip


def test_client_add_registers_for_the_grants_that_are_named(operator: Operator, today: Ledger) -> None:
    _, said = operator.act("client-add", *ADD, "--grant-type", "client_credentials", "--resource", "https://api.la")

    with today.read() as session:
        client = current(session, said["client_id"])
    assert client is not None
    assert declared_by(client).grant_types == ("client_credentials",)



@pytest.mark.parametrize(
    ("words", "error"),
    [
        ((*ADD, "--redirect-uri", "http://shop.la/callback"), "client.redirect-uri"),
        ((*ADD, "--redirect-uri", "https://shop.la/callback#x"), "client.redirect-uri"),
        ((*ADD, "--scope", "email"), "client.scope"),
        ((*ADD, "--en", " "), "client.name"),
        ((*ADD, "--contact", "the clerk"), "client.contact"),
    ],
)
def test_client_add_refuses_what_is_unfit_and_leaves_no_file(
    operator: Operator, tmp_path: Path, words: tuple[str, ...], error: str
) -> None:
    exit_code, said = operator.act("client-add", *words, "--secret-file", str(tmp_path / "secret"))

    assert (exit_code, said["error"], (tmp_path / "secret").exists()) == (1, error, False)


def test_client_retire_ends_a_client_once(operator: Operator, today: Ledger) -> None:
    _, added = operator.act("client-add", *ADD)

    done = operator.act("client-retire", added["client_id"])
    again = operator.act("client-retire", added["client_id"])
    unknown = operator.act("client-retire", "nothing")
    _, listed = operator.call("client-list")

    assert done == (0, {"client_id": added["client_id"], "retired": True})
    assert [again[1]["error"], unknown[1]["error"]] == ["client.retired", "client.unknown"]
    assert [one["retired"] for one in listed["clients"]] == [True]
    assert acts(today) == ["client.register", "client.retire"]


@pytest.mark.parametrize(
    "words", [("client-add", *ADD), ("client-retire", "x"), ("account-unlock", KEO), ("account-add", KEO)]
)
def test_nobody_acts_without_a_duty_nor_with_a_key_that_is_not_his(
    operator: Operator, today: Ledger, tmp_path: Path, opened: tuple[int, dict[str, Any]], words: tuple[str, ...]
) -> None:
    given = (*words, *(("--password-file", str(tmp_path / "password")) if words[0] == "account-add" else ()))

    off_duty = operator.call(*given, "--as", "10900002", "--key", operator.home.key_uri("other"))
    foreign = operator.call(*given, "--as", NUMBER, "--key", operator.home.key_uri("other"))
    missing = operator.call(*given, "--as", NUMBER, "--key", operator.home.key_uri("nothing"))

    assert [off_duty[0], foreign[0], missing[0]] == [1, 1, 1]
    assert [off_duty[1]["error"], foreign[1]["error"]] == ["management.not-on-duty", "act.certificate-unknown"]
    assert acts(today) == ["account.open"]


@pytest.mark.parametrize("verb", ["client-add", "client-retire", "account-add", "account-unlock"])
def test_a_verb_that_acts_for_a_person_asks_who(verb: str) -> None:
    result = CliRunner().invoke(main, [verb, *(ADD if verb == "client-add" else ("x",))])

    assert (result.exit_code, "--as" in result.output) == (2, True)


def test_a_missing_field_key_is_said_in_a_sentence(operator: Operator, tmp_path: Path) -> None:
    operator.home.key("fields").unlink()

    exit_code, said = operator.act("account-add", KEO, "--password-file", str(tmp_path / "password"))

    assert (exit_code, said["error"]) == (1, "FieldKeyUnfit")


def test_a_token_key_is_announced_where_it_is_made_and_may_not_sign_at_once(operator: Operator, tmp_path: Path) -> None:
    first = home_with_keys(tmp_path / "first", {"token": KeySigner()})
    for file in (first.key("token"), first.key("token").with_suffix("").with_suffix(".pass")):
        file.rename(operator.home.key("token").with_name(file.name))
    uri = operator.home.key_uri("token-2")

    announced = operator.act("token-key-announce", "ES256", uri)
    _, listed = operator.call("token-key-list")
    soon = operator.act("token-key-use", announced[1]["kid"])
    retired = operator.act("token-key-retire", announced[1]["kid"])

    assert announced[0] == 0
    assert [one["signs"] for one in listed["keys"]] == [True, False]
    assert listed["keys"][1]["kid"] == announced[1]["kid"]
    assert (soon[0], soon[1]["error"]) == (1, "token-key.too-soon")
    assert retired == (0, {"kid": announced[1]["kid"]})


@pytest.mark.parametrize("kid", ["-JR6u3dLkK4w", "--5sZ0hKkQ", "-h"])
def test_a_token_key_whose_name_begins_with_a_dash_is_named_as_any_other(operator: Operator, kid: str) -> None:
    for verb in ("token-key-use", "token-key-retire", "token-key-revoke"):
        assert operator.act(verb, kid)[1]["error"] == "token-key.unknown"


def test_account_describe_takes_a_file_of_standard_claims(
    operator: Operator, opened: tuple[int, dict[str, Any]], tmp_path: Path
) -> None:
    good, bad = tmp_path / "claims.json", tmp_path / "bad.json"
    good.write_text('{"nickname": "ນ້ອຍ"}')
    bad.write_text('{"sub": "x"}')

    assert operator.act("account-describe", KEO, str(good)) == (0, {"username": KEO, "claims": ["nickname"]})
    assert operator.act("account-describe", KEO, str(bad))[1]["error"] == "account.claims"


@pytest.mark.parametrize("octets", [b"\xff\xfe", b"[" * 100_000, b'{"keys": ' * 100_000], ids=["8bit", "list", "keys"])
def test_a_file_of_junk_is_refused_in_a_sentence(operator: Operator, tmp_path: Path, octets: bytes) -> None:
    junk = tmp_path / "junk"
    junk.write_bytes(octets)
    own = ("--profile", "fapi2", "--auth-method", "private_key_jwt", "--jwks", str(junk))

    described = operator.act("account-describe", KEO, str(junk))
    added = operator.act("client-add", *ADD, *own)

    assert (described[1]["error"], added[1]["error"]) == ("account.claims", "client.keys")


def test_a_password_file_that_is_no_text_is_said_to_be_none(operator: Operator, tmp_path: Path) -> None:
    (tmp_path / "password").write_bytes(b"\xff\xfe")

    words = "account-add", KEO, "--password-file", str(tmp_path / "password"), "--home", str(operator.home.path)
    done = CliRunner().invoke(main, [*words, "--as", NUMBER, "--key", operator.home.key_uri("desk")])

    assert done.exit_code == 2
    assert "UTF-8" in done.output


def test_client_add_registers_a_service_that_has_a_key_instead_of_a_secret(
    operator: Operator, tmp_path: Path
) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text(Holder().jwks)
    own = ("--profile", "fapi2", "--auth-method", "private_key_jwt")

    exit_code, said = operator.act("client-add", *ADD, *own, "--jwks", str(keys), "--id-token-alg", "ES256")
    unserved = operator.act("client-add", *ADD, *own, "--jwks", str(keys), "--id-token-alg", "PS256")
    without = operator.act("client-add", *ADD, *own)

    assert (exit_code, set(said), unserved[1]["error"]) == (0, {"client_id"}, "client.algorithm-unserved")
    assert without[1]["error"] == "client.keys"


def test_client_add_has_id_tokens_signed_with_rs256_where_the_profile_is_standard_and_nobody_says_otherwise(
    operator: Operator, today: Ledger, tmp_path: Path
) -> None:
    (keys := tmp_path / "jwks.json").write_text(Holder().jwks)
    strict = ("--profile", "fapi2", "--auth-method", "private_key_jwt", "--jwks", str(keys))
    added = [operator.act("client-add", *ADD)]
    home_with_keys(tmp_path / "more", {"token-rs256": KeySigner(new_key(SignatureAlgorithm.RSA_PKCS1_SHA256))})
    for file in (tmp_path / "more" / "keys").iterdir():
        file.rename(operator.home.path / "keys" / file.name)
    added += [operator.act("client-add", *ADD, *words) for words in ((), ("--id-token-alg", "ES256"), strict)]

    with today.read() as session:
        clients = [current(session, said["client_id"]) for _, said in added]
    assert [client and client.id_token_alg for client in clients] == [None, "RS256", "ES256", None]


def test_client_invite_gives_out_a_token_and_client_uninvite_ends_it(
    operator: Operator, today: Ledger, tmp_path: Path
) -> None:
    open_organisation(operator.desk)
    days = ("--from", "2026-01-01", "--until", "2099-01-01", "--open-until", "2098-01-01")
    agreed = ("--organisation", "MTC", "--agreement", "12/MTC", *days)

    shown = operator.act("client-invite", *agreed)
    kept = operator.act("client-invite", *agreed, "--token-file", str(tmp_path / "token"))
    again = operator.act("client-invite", *agreed, "--token-file", str(tmp_path / "token"))
    unknown = operator.act("client-invite", *agreed, "--organisation", "XYZ")
    ended = [operator.act("client-uninvite", shown[1]["invitation"]) for _ in range(2)]

    assert (shown[0], shown[1]["initial_access_token"][:4]) == (0, "lti_")
    assert (kept[0], "initial_access_token" in kept[1]) == (0, False)
    assert (tmp_path / "token").stat().st_mode & 0o777 == 0o600
    assert (again[1]["error"], unknown[1]["error"]) == ("client.secret-file-exists", "client.organisation-unknown")
    assert [ended[0][0], ended[1][1]["error"]] == [0, "client.invitation-ended"]


def test_client_list_names_a_service_whose_keys_were_not_reached(operator: Operator, today: Ledger) -> None:
    _, said = operator.act("client-add", *ADD, "--profile", "standard", "--level", "1", "--scope", "openid")
    today.record(ClientKeysLapsed(said["client_id"]), Actor.client(said["client_id"]))

    [listed] = operator.call("client-list")[1]["clients"]

    with today.read() as reading:
        said_at = reading.scalars(select(Entry.at).where(Entry.kind == ClientKeysLapsed.kind)).one()
    assert listed["keys_lapsed"] == said_at.isoformat()


def test_client_agree_is_shown_by_client_list(operator: Operator) -> None:
    open_organisation(operator.desk)
    until = ("--from", "2026-01-01", "--until", "2026-01-02")
    client = operator.act("client-add", *ADD, "--organisation", "MTC", "--agreement", "12/MTC", *until)[1]["client_id"]
    [lapsed] = operator.call("client-list")[1]["clients"]

    days = ("--from", "2026-01-01", "--until", "2099-01-01")
    renewed = operator.act("client-agree", client, "--organisation", "MTC", "--agreement", "13/MTC", *days)
    [living] = operator.call("client-list")[1]["clients"]

    assert renewed[0] == 0
    assert (lapsed["lapsed"], living["lapsed"]) == (True, False)
    assert living["agreement"] == {
        "organisation": "MTC", "number": "13/MTC", "from": "2026-01-01", "until": "2099-01-01",
    }  # fmt: skip
def test_client_add_registers_a_service_that_may_ask_for_people(
    operator: Operator, today: Ledger, tmp_path: Path
) -> None:
    keys = tmp_path / "jwks.json"
    keys.write_text(Holder().jwks)
    pinged = ("--backchannel-mode", "ping", "--notification-uri", "https://shop.la/bell", "--backchannel-alg", "ES256")

    exit_code, said = operator.act(
        "client-add", *ADD, "--auth-method", "private_key_jwt", "--jwks", str(keys), *pinged
    )

    with today.read() as session:
        client = session.get_one(Client, said["client_id"])
    assert exit_code == 0
    assert (client.backchannel_mode, client.notification_uri) == ("ping", "https://shop.la/bell")


def test_a_service_is_registered_to_get_its_tokens_encrypted(operator: Operator, tmp_path: Path, today: Ledger) -> None:
    keys = tmp_path / "keys.jwks"
    keys.write_text(reader_of("ECDH-ES").jwks())
    asked = ("--jwks", str(keys), "--id-token-encryption", "ECDH-ES", "--id-token-content", "A256GCM")

    added = operator.act("client-add", *ADD, *asked)
    unsigned = operator.act("client-add", *ADD, "--jwks", str(keys), "--userinfo-encryption", "ECDH-ES")

    with today.read() as session:
        declared = session.scalars(select(Client.declared)).one()
    assert (added[0], unsigned[0], unsigned[1]["error"]) == (0, 1, "client.encryption")
    assert json.loads(declared or "") == {"identity_content": "A256GCM", "identity_encryption": "ECDH-ES"}
