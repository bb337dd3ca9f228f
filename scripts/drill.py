"""What the drills of the CA's end share: a small installation of their own, and a report with its date."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ca.ceremonies.ceremony import Ceremony, issuer_view_of
from ca.ceremonies.files import write_whole
from ca.ceremonies.generations import generations
from ca.ceremonies.keyring import HomeKeyring
from ca.ceremonies.practice import hold_practice_ceremony
from ca.ceremonies.steps.first_officer import FirstOfficerStep
from ca.closing.ending import Acted, Way, act, act_for, plan
from ca.issuance.composition import IssuingKey, Wanted, wanted_for
from ca.issuance.line import Line, no_last_look
from ca.issuance.signing_room import SigningRoom
from ca.profiles import PROFILES
from ca.registration.applicants import by_number
from ledger.base import Fact
from ledger.certificates import Certificate
from ledger.decision import Refuse
from ledger.ledger import Deed, Ledger
from ledger.people import Duty, DutyKind, Person, PersonDetail
from migrations.run import migrate
from register.events import PersonRegistered
from scripts.cli import Exit, Outcome, Run, acting_person
from signers import open_signer
from web.home import Home, Mode

OPERATORS = ("90000001", "90000002")
_FIRST_HOLDER = 90000100


@dataclass(frozen=True)
class Drill:
    """A practice installation in a folder of its own, with holders and two CA operators."""

    run: Run
    home: Home
    ledger: Ledger

    @classmethod
    def begun(cls, run: Run, name: str, certificates: int) -> "Drill":
        """The installation, made afresh under `<home>/drills`, with so many certificates of officers."""
        home = Home(run.home.path / "drills" / f"{run.clock.now():%Y%m%dT%H%M%S%f}-{name}")
        home.path.mkdir(parents=True, mode=0o700)
        (home.path / "base-port").write_text("8440\n")
        migrate(home.database_url)
        ledger = Ledger(home.database_url, run.clock, run.randomness, "drill", "drill")
        drill = cls(run, home, ledger)
        holders = [str(_FIRST_HOLDER + number) for number in range(certificates)]
        drill._register([*OPERATORS, *holders])
        hold_practice_ceremony(ledger, home, [], clock=run.clock)
        for number in OPERATORS:
            FirstOfficerStep(number).admitted(drill.ceremony, drill.key("officers"))
        drill._certify(holders)
        return drill

    @property
    def ceremony(self) -> Ceremony:
        """For what is made by hand."""
        return Ceremony(self.ledger, self.home, HomeKeyring(self.home), Mode.PRACTICE)

    def key(self, key_name: str) -> IssuingKey:
        """The issuer of this name with its key."""
        return self.ceremony.opened_generation(key_name)

    def room(self) -> SigningRoom:
        """The signing room, as it would be started now."""
        with self.ledger.read() as session:
            found = generations(session, self.run.clock.now())
        keys = {
            one.key_name: IssuingKey(
                one.issuer.id, issuer_view_of(one.issuer, self.home), open_signer(self.home.key_uri(one.key_name))
            )
            for one in found
            if not one.is_root
        }
        return SigningRoom(self.ledger, keys, self.ceremony.await_seal, self.home.path)

    def both_act(self, key_name: str, way: Way) -> bool:
        """Both operators act; whether the issuer has ended by that."""
        with self.ledger.read() as session:
            planned = plan(session, key_name, way, self.run.clock.now())
        done: Acted | Refuse = Refuse("issuer.unknown")
        for number in OPERATORS:
            if isinstance(planned, Refuse):
                break
            uri = f"file:{self.home.path.resolve()}/people/{number}-authentication.key.pem"
            person = acting_person(self.ledger, number, uri)
            signed = person.sign(act_for(way, planned.issuer, self.run.clock.now()))
            done = act(self.ledger, key_name, way, signed)
        return isinstance(done, Acted) and done.ended

    def wanted(self, numbers: list[str]) -> list[Wanted]:
        """A signing certificate for each of these persons, for a fresh key."""
        with self.ledger.read() as session:
            people = by_number(session, numbers, self.run.clock.now())
        profile = PROFILES["officer-signing"]
        return [wanted_for(profile, people[number], _public_key(), None) for number in numbers]

    def issue(self, wanted: list[Wanted]) -> list[Certificate | Refuse]:
        """What the officers' line makes of it now."""
        return Line(self.ledger, self.key("officers"), self.ceremony.await_seal, no_last_look, self.run.system).issue(
            wanted
        )

    def report(self, name: str, steps: Mapping[str, bool], values: Mapping[str, object]) -> Outcome:
        """The report is in a file, and says for each step whether it was so. The ledger is closed by it."""
        self.ledger.close()
        return reported(self.home, self.run, name, steps, values)

    def _register(self, numbers: list[str]) -> None:
        since = self.run.clock.now() - timedelta(days=1)
        deeds = []
        for line, number in enumerate(numbers, start=1):
            detail = PersonDetail(
                id=self.ledger.new_id(), person_id=f"p{number}", number=1, given_lo="ຝຶກ", family_lo="ຫັດ",
                given_en="Drill", family_en="Practice", mail=f"drill{number}@gov.la", search_key="drill",
                source="officers",
            )  # fmt: skip
            event = PersonRegistered(f"p{number}", "officers", f"drill-{since:%Y%m%d}", line)
            facts: list[Fact] = [Person(id=f"p{number}", number=number), detail]
            if number in OPERATORS:  # in an installation of its own nobody could approve a change of duties
                kind = DutyKind.CA_OPERATOR.value
                facts.append(Duty(id=f"duty{number}", person_id=f"p{number}", kind=kind, valid_from=since))
            deeds.append(Deed(event, self.run.system, facts))
        self.ledger.entries(deeds)

    def _certify(self, numbers: list[str]) -> None:
        for start in range(0, len(numbers), 250):
            self.issue(self.wanted(numbers[start : start + 250]))


def reported(home: Home, run: Run, name: str, steps: Mapping[str, bool], values: Mapping[str, object]) -> Outcome:
    """The report of a drill in this home: it is in a file there, and says for each step whether it was so."""
    good = all(steps.values())
    said = {
        "drill": name,
        "at": run.clock.now().isoformat(),
        "home": str(home.path.resolve()),
        "good": good,
        **values,
        "steps": dict(steps),
    }
    file = home.path / "report.json"
    write_whole(file, json.dumps(said, indent=2, ensure_ascii=False, default=str).encode())
    lines = [f"{name} of {said['at']}", *(f"{'yes' if so else 'NO '}  {step}" for step, so in steps.items())]
    lines += [f"{key}: {value}" for key, value in values.items()]
    return Outcome({**said, "report": str(file)}, [*lines, f"report: {file}"], Exit.DONE if good else Exit.REFUSED)


def _public_key() -> bytes:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
