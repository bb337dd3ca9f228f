"""From an empty folder to a running installation, step by step; each step is safe to run again."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from sqlalchemy import select

from ca.ceremonies.practice import hold_practice_ceremony
from ledger.event import Actor
from ledger.people import Person, PersonDetail
from migrations.run import migrate
from register.organisations import load_organisations, read_organisations
from scripts.cli import Exit
from scripts.demonstration.accounts import (
    KnownAccount,
    account_for,
    client_for,
    client_key,
    cut_off,
    describe_account,
    invite_services,
    registrations,
)
from scripts.demonstration.acme import open_acme
from scripts.demonstration.certifying import apply_for, collect, decide_all
from scripts.demonstration.client_keys import make_token_keys
from scripts.demonstration.further_kinds import certify_further_kinds
from scripts.demonstration.governing import grant
from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import Journal, require
from scripts.demonstration.machines import allow_machines
from scripts.demonstration.programs import HOUSES, LOOPS, SERVICES, environment_of, house, loop, service
from scripts.demonstration.supervisor import require_free_ports
from scripts.story.scene import ClientCredentials
from web.home import Home

DATA = Path("examples/data")
STAFF = ("10900001", "10900002", "10900003")
"""The two registration officers and the auditor, as `examples/data/staff.csv` has them."""
PORTS_KEPT = 20
ACCOUNTS = 12
"""Officers who can sign in with a password from the beginning."""


class OtherBase(Exception):
    """The home was made for other ports; the sentence names them."""


@dataclass(frozen=True)
class Size:
    """How many people the HR list has, and the share of its lines that is wrong."""

    officers: int = 200
    citizens: int = 100
    dirt: float = 0.07


STORY = Size()


@dataclass(frozen=True)
class Ready:
    """What there is once everything runs."""

    admins: tuple[str, str]
    accounts: Sequence[KnownAccount]
    clients: dict[str, ClientCredentials]


def prepare_home(home: Home, base: int | None) -> None:
    """The home exists and its ports are fixed. Raises OtherBase."""
    home.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = home.path / "base-port"
    if not file.exists():
        file.write_text(f"{base or 8440}\n")
    if base is not None and base != home.base_port():
        raise OtherBase(f"{home.path} is for ports from {home.base_port()}: leave --port out, or take another --home")


def set_up(installation: Installation, journal: Journal, size: Size = STORY) -> Ready:
    """Ceremony, register, certificates, processes, accounts: all there and running."""
    require_free_ports(installation.home.base_port(), PORTS_KEPT)
    hold_ceremony(installation, journal)
    start_processes(installation, journal, HOUSES, LOOPS)
    _register(installation, journal, size)
    admins = (STAFF[0], STAFF[1])
    with journal.step("a third person becomes auditor: one officer plans it, the other approves") as said:
        said.say(grant(installation, STAFF[2], "auditor", admins))
    _certificates(installation, journal, admins)
    with journal.step("accounts and relying services are opened") as said:
        holders = _account_holders(installation)
        accounts = [account_for(installation, number, kind, admins[0]) for number, kind in holders]
        describe_account(installation, accounts[0].number, admins[0])
        wanted = registrations(installation)
        clients = {name: client_for(installation, name, one, admins[0]) for name, one in wanted.items()}
        invite_services(installation, admins[0])
        said.say(f"{len(accounts)} accounts, {len(clients)} services")
    _bundles(installation, [account.number for account in accounts if account.kind != "auditor"])
    _start_services(installation, journal, clients)
    return Ready(admins, accounts, clients)


def hold_ceremony(installation: Installation, journal: Journal) -> None:
    """The database, the organisations, the centre's own staff and all keys are there, and nothing runs yet."""
    journal.chapter("1 Ceremony (practice)")
    home = installation.home
    with journal.step("the database has its tables and guards"):
        migrate(installation.database_url)
    with journal.step("the organisations of the state are in the register") as said:
        records = read_organisations(DATA / "organisations.json")
        loaded = load_organisations(installation.ledger("import"), records, Actor.system("import"))
        said.say(str(loaded))
    with journal.step("the centre's own staff are in the register"):
        plan = installation.verb("register-plan", str(DATA / "staff.csv"))
        if plan.values["counts"].get("new"):
            applied = installation.verb("register-apply", plan.values["digest"])
            require(applied.exit == Exit.DONE, f"register-apply ended with {applied.exit}: {applied.values}")
    with journal.step("root, issuers, responders, time-stamp unit, token and TLS certificates") as said:
        ceremony = hold_practice_ceremony(installation.ledger("ceremony"), home, STAFF[:2], clock=installation.clock)
        said.say(str(ceremony))
    with journal.step("further token keys, for services that ask for RS256, PS256 or EdDSA"):
        make_token_keys(home)


def _register(installation: Installation, journal: Journal, size: Size) -> None:
    journal.chapter("2 Register")
    admin = STAFF[0]
    key = installation.personal(admin, "authentication").uri
    listed = installation.home.path / "data" / "hr.csv"
    with journal.step(f"an HR list of {size.officers} officers, {size.citizens} citizens; {size.dirt:.0%} of it dirty"):
        listed.parent.mkdir(exist_ok=True)
        counts = ("--officers", str(size.officers), "--citizens", str(size.citizens), "--dirt", str(size.dirt))
        require(installation.verb("sample-data", *counts, "--out", str(listed)).exit == Exit.DONE, "sample-data failed")
    with journal.step("register-plan shows what is new, the same, suspicious and bad") as said:
        plan = installation.verb("register-plan", str(listed))
        said.say(str(plan.values.get("counts")))
    with journal.step("register-apply does the good lines and lists the bad ones (exit 3)") as said:
        applied = installation.verb("register-apply", plan.values["digest"], "--as", admin, "--key", key)
        require(applied.exit == Exit.PARTLY, f"register-apply ended with {applied.exit}: {applied.values}")
        said.say(str(applied.values.get("counts")))
    with journal.step("running it again changes nothing"):
        again = installation.verb("register-plan", str(listed))
        counts = again.values["counts"]
        require(not counts.get("new") and not counts.get("changed"), f"the second plan would change {counts}")


def _certificates(installation: Installation, journal: Journal, admins: tuple[str, str]) -> None:
    journal.chapter("3 Certificates")
    people = _registered(installation)
    with journal.step("requests with proof of possession and evidence") as said:
        said.say(str(apply_for(installation, people, admins[0])))
    with journal.step("two registration officers decide, each under his own key") as said:
        said.say(f"{decide_all(installation, admins)} decisions")
    with journal.step("the signing room verifies, lints, seals the intents, signs") as said:
        said.say(f"{collect(installation, people, lambda _count: None)} certificates")
    with journal.step("servers of a ministry may ask by themselves: two officers, its officer and who answers agree"):
        open_acme(installation, allow_machines(installation, admins), admins[0])
    with journal.step("one certificate of each further kind: bodies, hosts, devices, mail, post-quantum") as said:
        said.say(certify_further_kinds(installation, people, admins))


def _bundles(installation: Installation, numbers: Sequence[str]) -> None:
    """A .p12 beside the key of each, for a browser to import: the passphrase is `practice`, like all else here."""
    home = installation.home
    for number in numbers:
        key = installation.personal(number, "authentication")
        target = key.key.with_name(f"{number}.p12")
        if target.exists():
            continue
        issuer = "citizens" if number.startswith("2") else "officers"
        issuers = [x509.load_pem_x509_certificate(home.certificate(name).read_bytes()) for name in (issuer, "root")]
        target.touch(mode=0o600)
        target.write_bytes(key.bundle(b"practice", issuers))


def start_processes(installation: Installation, journal: Journal, houses: Sequence[str], loops: dict[str, str]) -> None:
    """These houses and loops run."""
    home = installation.home
    with journal.step("every house, the signing room, the sealer and the worker are started") as said:
        environment = environment_of(home, home.certificate("root"))
        programs = [loop(name, environment | _database(installation, name)) for name in loops]
        programs += [house(home, name, environment | _database(installation, name)) for name in houses]
        installation.supervisor.start(programs)
        said.say(f"{len(programs)} processes")


def _start_services(installation: Installation, journal: Journal, clients: dict[str, ClientCredentials]) -> None:
    home = installation.home
    with journal.step("two relying services and the holders' own page are started"):
        environment = environment_of(home, home.certificate("root"))
        own = _database(installation, "holder") | _client_settings(installation, "holder", clients["holder"])
        given = {name: _service_settings(installation, name, clients[name]) for name in SERVICES}
        installation.supervisor.start(
            [service(home, name, environment | settings) for name, settings in given.items()]
            + [house(home, "holder", environment | own)]
        )


def _database(installation: Installation, process: str) -> dict[str, str]:
    return {"LAOTRUST_DATABASE_URL": installation.url_of(process)}


def _client_settings(installation: Installation, name: str, client: ClientCredentials) -> dict[str, str]:
    key = client_key(installation, name).key.resolve()
    return {"LAOTRUST_CLIENT_ID": client.client_id, "LAOTRUST_CLIENT_KEY": f"file:{key}"}


def _service_settings(installation: Installation, name: str, client: ClientCredentials) -> dict[str, str]:
    home = installation.home
    return {
        "ISSUER": home.url("idp"),
        "CLIENT_ID": client.client_id,
        "CLIENT_KEY_FILE": str(client_key(installation, name).key.resolve()),
        "SERVICE_URL": home.url(name),
        "VALIDATION_URL": home.url("validation"),
        "REQUESTS_CA_BUNDLE": str(home.certificate("root").resolve()),
    }


def _registered(installation: Installation) -> list[tuple[str, str]]:
    """Number and list of everybody in the register whom no certificate was made for by the ceremony."""
    with installation.ledger("import").read() as session:
        rows = session.execute(
            select(Person.number, PersonDetail.source)
            .join(PersonDetail, PersonDetail.person_id == Person.id)
            .distinct()
            .order_by(Person.number)
        ).all()
    return [(number, source) for number, source in rows if number not in STAFF]


def _account_holders(installation: Installation) -> list[tuple[str, str]]:
    """Number and kind of those who get an account at once."""
    gone = cut_off(installation)
    people = [(number, source) for number, source in _registered(installation) if number not in gone]
    officers = [number for number, source in people if source == "officers"][:ACCOUNTS]
    citizens = [number for number, source in people if source == "citizens"][: ACCOUNTS // 4]
    staff = [(STAFF[0], "admin"), (STAFF[1], "admin"), (STAFF[2], "auditor")]
    return [*((number, "officer") for number in officers), *((number, "citizen") for number in citizens), *staff]
