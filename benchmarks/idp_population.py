"""A provider's home with services and people, and the same services for the peer that keeps all in memory."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from idp.clients import Registration, row
from idp.declared import CLIENT_CREDENTIALS, NOTHING
from idp.events import AccountOpened, ClientRegistered
from idp.handles import digest
from idp.tables import Account, Authenticator
from ledger.clock import SystemClock, system_randomness
from ledger.event import Actor
from ledger.ledger import Deed, Ledger
from ledger.people import Person, PersonDetail
from migrations.run import migrate
from tests.deploy.tls import self_signed
from tests.issuing import KeySigner
from tests.serving import home_with_keys
from web.home import Home

PEOPLE = 64
PASSWORD = "no hash is made of it"  # noqa: S105 - of nobody
SECRET = "s" * 43
RESOURCE = "https://api.mtc.gov.la"
CALLBACK = "https://service.mtc.gov.la/callback"
SCOPE = "openid profile email"
SERVICE, MACHINE = "service", "machine"
"""A service where people sign in, and one that asks for tokens of its own."""
_BENCH = Actor.system("bench")


@dataclass(frozen=True)
class Asked:
    """Whom the load is for: how it is reached, and who asks."""

    issuer: str
    port: int
    authorize: str
    token: str
    introspection: str
    userinfo: str
    jwks: str

    def basic(self, client_id: str) -> str:
        """The value of the Authorization header."""
        return "Basic " + b64encode(f"{client_id}:{SECRET}".encode()).decode()


def ours_asked(home: Home) -> Asked:
    """Our own endpoints."""
    issuer = home.url("idp")
    return Asked(issuer, home.port("idp"), "/authorize", "/token", "/introspect", "/userinfo", "/jwks")


def peer_asked(port: int) -> Asked:
    """Those of `oidc-provider`."""
    return Asked(f"https://localhost:{port}", port, "/auth", "/token", "/token/introspection", "/me", "/jwks")


def prepare(folder: Path, url: str, base_port: int) -> Home:
    """A home in `folder` and a database at `url`, in which the services and the people are."""
    home = home_with_keys(folder, {"token": KeySigner(ec.generate_private_key(ec.SECP256R1()))}, base_port)
    home.key("fields").write_text("ab" * 32)
    (folder / "certificates").mkdir()
    for name in ("tls-idp", "services"):
        self_signed(folder, name)
    migrate(url)
    ledger = Ledger(url, SystemClock(), system_randomness, "bench", "bench")
    ledger.entries([_client(client_id) for client_id in (SERVICE, MACHINE)])
    ledger.entries([deed for number in people() for deed in _person(ledger, number)])
    ledger.close()
    return home


def people() -> Sequence[str]:
    """Their numbers, by which they sign in."""
    return [str(10_000_001 + one) for one in range(PEOPLE)]


def registered(client_id: str) -> Registration:
    """What each service is registered with."""
    own = replace(NOTHING, grant_types=(CLIENT_CREDENTIALS,)) if client_id == MACHINE else NOTHING
    return Registration(
        name_lo="ບໍລິການ", name_en="Service", profile="standard", redirect_uris=(CALLBACK,), first_party=True,
        minimum_level=1, auth_method="client_secret_basic", resources=(RESOURCE,), declared=own,
    )  # fmt: skip


def peer_clients() -> list[dict[str, object]]:
    """The same services as the peer takes them."""
    common = {"client_secret": SECRET, "id_token_signed_response_alg": "ES256"}
    return [
        {**common, "client_id": SERVICE, "redirect_uris": [CALLBACK], "scope": SCOPE,
         "grant_types": ["authorization_code", "refresh_token"]},
        {**common, "client_id": MACHINE, "redirect_uris": [], "response_types": [], "scope": "read",
         "grant_types": ["client_credentials"]},
    ]  # fmt: skip


def _client(client_id: str) -> Deed:
    fact = row(client_id, registered(client_id), digest(SECRET))
    return Deed(ClientRegistered(client_id, "standard"), _BENCH, [fact])


def _person(ledger: Ledger, number: str) -> list[Deed]:
    person, account = f"p{number}", f"a{number}"
    detail = PersonDetail(
        id=f"d{number}", person_id=person, number=1, given_lo="ສົມພອນ", family_lo="ວົງສາ", given_en="Somphone",
        family_en="Vongsa", born="1980-01-31", mail=f"{number}@mtc.gov.la", search_key=number, source="officers",
    )  # fmt: skip
    shown = Authenticator(
        id=f"u{number}", account_id=account, kind="password", number=1, verifier=PASSWORD.encode(),
        at=ledger.clock.now(),
    )  # fmt: skip
    opened = AccountOpened(account, person)
    return [
        Deed(opened, _BENCH, [Person(id=person, number=number), detail]),
        Deed(opened, _BENCH, [Account(id=account, person_id=person), shown]),
    ]
