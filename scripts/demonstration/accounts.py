"""Accounts and clients of the demonstration, with their secrets in files of mode 0600 beside the home's keys."""

import json
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from idp.accounts import find, open_account, opening
from idp.agreements import Agreed
from idp.clients import Registration, register, registering
from idp.elsewhere.own import PATH as APPROVALS
from idp.factors.totp import base32
from idp.own_claims import describe, describing, own_claims
from idp.registration.invitations import MOST, Terms, invite, inviting
from idp.scopes import SCOPES
from ledger.decision import Refuse
from ledger.people import Cutoff, Person
from ledger.sealed_fields import SealedFields
from scripts.demonstration.client_keys import ClientKey
from scripts.demonstration.installation import Installation
from scripts.story.scene import Account, ClientCredentials

SAMPLE_CLAIMS = {
    "middle_name": "ນ້ອຍ",
    "nickname": "ນ້ອຍ",
    "preferred_username": "noy",
    "profile": "https://localhost/people/noy",
    "picture": "https://localhost/people/noy.png",
    "website": "https://localhost/noy",
    "gender": "female",
    "birthdate": "1980-01-31",
    "address": {
        "formatted": "ບ້ານ ສີຫອມ, ເມືອງ ຈັນທະບູລີ, ນະຄອນຫຼວງວຽງຈັນ, ລາວ",
        "locality": "ນະຄອນຫຼວງວຽງຈັນ",
        "region": "ຈັນທະບູລີ",
        "country": "LA",
    },
}


class NotOpened(Exception):
    """An account or client was refused; the sentence has the code."""


@dataclass(frozen=True)
class KnownAccount(Account):
    """With what demo.json says besides."""

    kind: str


def account_for(installation: Installation, number: str, kind: str, admin: str) -> KnownAccount:
    """The person's account; opened when there is none, renewed when its secrets were lost on the way."""
    path = _folder(installation) / f"{number}.json"
    if path.exists():
        return KnownAccount(**json.loads(path.read_text()))
    fields = SealedFields.open(installation.home.key_uri("fields"))
    password = f"practice-{installation.randomness(6).hex()}"
    signed = installation.acting(admin, "idp").sign(opening(number, installation.clock.now(), renew=True))
    opened = open_account(installation.ledger("idp"), fields, number, password, signed, renew=True)
    if isinstance(opened, Refuse):
        raise NotOpened(f"the account of {number} was refused: {opened.code}")
    account = KnownAccount(number, number, password, base32(opened.totp_secret), kind)
    _write(path, asdict(account))
    return account


def describe_account(installation: Installation, number: str, admin: str) -> None:
    """The account has every standard claim of OpenID Connect filled (what is not in the register, by its own word)."""
    ledger = installation.ledger("idp")
    with ledger.read() as session:
        found = find(session, number)
        known = found is not None and own_claims(session, found.id) is not None
    if known:
        return
    signed = installation.acting(admin, "idp").sign(describing(number, SAMPLE_CLAIMS, installation.clock.now()))
    described = describe(ledger, number, SAMPLE_CLAIMS, signed)
    if isinstance(described, Refuse):
        raise NotOpened(f"the claims of {number} were refused: {described.code}")


def cut_off(installation: Installation) -> set[str]:
    """Numbers of those whom an earlier story revoked: their passwords open nothing any more."""
    with installation.ledger("ca").read() as session:
        return set(session.scalars(select(Person.number).join(Cutoff, Cutoff.person_id == Person.id)))


def client_for(installation: Installation, name: str, wanted: Registration, admin: str) -> ClientCredentials:
    """The relying service of that name; registered when it is not yet."""
    path = _folder(installation) / f"client-{name}.json"
    if path.exists():
        known = ClientCredentials(**json.loads(path.read_text()))
        if bool(known.client_secret) == wanted.has_secret:
            return known  # else of a release in which it had a secret, or a key: it is registered anew
    signed = installation.acting(admin, "idp").sign(registering(wanted, installation.clock.now()))
    registered = register(installation.ledger("idp"), wanted, signed)
    if isinstance(registered, Refuse):
        raise NotOpened(f"the client {name} was refused: {registered.code}")
    client = ClientCredentials(registered.client_id, registered.client_secret, wanted.redirect_uris[0])
    _write(path, asdict(client))
    return client


def initial_access_token(installation: Installation) -> str | None:
    """With which outside programs register services, if it was given out."""
    path = _folder(installation) / "invitation.json"
    return str(json.loads(path.read_text())["initial_access_token"]) if path.exists() else None


def invite_services(installation: Installation, admin: str) -> None:
    """Outside programs may register services of profile `standard`; invited once."""
    path = _folder(installation) / "invitation.json"
    if path.exists():
        return
    now = installation.clock.now()
    agreed = Agreed("MTC", "PRACTICE", now - timedelta(days=1), now + timedelta(days=365))
    terms = Terms("standard", MOST, agreed.valid_until, agreed)
    signed = installation.acting(admin, "idp").sign(inviting(terms, now))
    invited = invite(installation.ledger("idp"), terms, signed)
    if isinstance(invited, Refuse):
        raise NotOpened(f"the invitation was refused: {invited.code}")
    _write(path, {"initial_access_token": invited.token})


def registrations(installation: Installation) -> dict[str, Registration]:
    """The demonstration's clients: two services of the state, the holders' page, and four for outside programs."""
    home = installation.home
    named = {"edocument": ("ເອກະສານເອເລັກໂຕຣນິກ", "e-Document"), "estaff": ("ພະນັກງານເອເລັກໂຕຣນິກ", "e-Staff")}
    services = {
        name: Registration(
            name_lo=lao,
            name_en=english,
            profile="gov",
            redirect_uris=(f"{home.url(name)}/callback",),
            scopes=SCOPES,
            post_logout_redirect_uris=(f"{home.url(name)}/signed-out",),
            backchannel_logout_uri=f"{home.url(name)}/backchannel-logout",
            first_party=True,
            auth_method="private_key_jwt",
            jwks=client_key(installation, name).public_set(installation),
        )
        for name, (lao, english) in named.items()
    }
    services["holder"] = Registration(
        name_lo="ໃບຢັ້ງຢືນຂອງທ່ານ",
        name_en="Your certificates",
        profile="gov",
        redirect_uris=(f"{home.url('holder')}/certificates/back",),
        scopes=("openid", "organisation"),
        first_party=True,
        auth_method="private_key_jwt",
        jwks=client_key(installation, "holder").public_set(installation),
    )
    outside = {
        f"standard-{number}": Registration(
            name_lo=f"ບໍລິການຕົວຢ່າງ {number}",
            name_en=f"Sample service {number}",
            profile="standard",
            redirect_uris=(f"{home.url(f'outside-{number}')}/callback",),
            scopes=SCOPES,
            post_logout_redirect_uris=tuple(
                f"{home.url(f'outside-{number}')}/{path}" for path in ("signed-out", "callback")
            ),
            backchannel_logout_uri=f"{home.url(f'outside-{number}')}/backchannel-logout",
            frontchannel_logout_uri=f"{home.url(f'outside-{number}')}/frontchannel-logout",
            id_token_alg="RS256",  # noqa: S106 - a name
        )
        for number in (1, 2)
    }
    services["approvals"] = Registration(
        name_lo="ຄຳຂໍເຖິງທ່ານ",
        name_en="Requests to you",
        profile="native",  # It has no secret and needs none: nobody redeems the codes that come to it.
        auth_method="none",
        redirect_uris=(home.url("idp") + APPROVALS,),
        scopes=("openid",),
        first_party=True,
    )
    return services | outside | {f"fapi2-{number}": _strict(installation, number) for number in (1, 2)}


def client_key(installation: Installation, name: str) -> ClientKey:
    """The key of the client of that name, if its registration has one."""
    return ClientKey(_folder(installation), name)


def _strict(installation: Installation, number: int) -> Registration:
    base = f"{installation.home.url(f'outside-{number}')}/fapi2"
    return Registration(
        name_lo=f"ບໍລິການເຄັ່ງຄັດ {number}",
        name_en=f"Strict sample service {number}",
        profile="fapi2",
        redirect_uris=(f"{base}/callback",),
        scopes=SCOPES,
        post_logout_redirect_uris=(f"{base}/signed-out",),
        auth_method="private_key_jwt",
        jwks=client_key(installation, f"fapi2-{number}").public_set(installation),
        backchannel_mode="poll",
    )


def _folder(installation: Installation) -> Path:
    folder = installation.home.path / "people" / "accounts"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _write(path: Path, values: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    temporary.touch(mode=0o600)
    temporary.write_text(json.dumps(values, ensure_ascii=False, indent=2))
    temporary.replace(path)
