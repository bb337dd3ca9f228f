"""A plan says of each line what would become of it, by field and code, and records nothing."""

import fcntl
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlalchemy import func, select

from ca.batches.columns import COLUMNS, NEEDED, template
from ca.batches.line import _kip
from ca.batches.plan import Plan, PlanUnknown, load_plan, make_plan
from ca.batches.source import opened
from ca.registration.enrolment import parsed
from ledger.entry import Entry
from ledger.sheet import FileUnfit, Unfit, rows
from pki.request import SigningRequest
from tests.ca.batches.lists import desk_of, line, pem, written
from tests.ca.conftest import FIRST, PracticeCa, register_person, request_for
from tests.issuing import new_key
from web.words import WORDS

OFFICER, OTHER, STRANGER = "10000017", "10000018", "10000099"


def planned(ca: PracticeCa, path: Path) -> Plan:
    with opened(path) as source:
        return make_plan(desk_of(ca), source, ca.home.path / "plans" / "batches")


def told(plan: Plan) -> dict[int, tuple[str, str]]:
    """The first reason of each bad line, by line."""
    return {one.line: (one.faults[0].field, one.faults[0].code) for one in plan.shown}


def entries(ca: PracticeCa) -> int:
    with ca.ledger.read() as session:
        return session.scalar(select(func.count(Entry.id))) or 0


BAD: dict[tuple[str, str], dict[str, str]] = {
    ("number", "batch.missing"): {"number": ""},
    ("number", "enrolment.person-unknown"): {"number": STRANGER},
    ("number", "enrolment.own-papers"): {"number": FIRST},
    ("profile", "enrolment.profile-not-for-persons"): {"profile": "root-ca"},
    ("request", "enrolment.request-malformed"): {"request": "-----BEGIN CERTIFICATE REQUEST-----AAAA"},
    ("request", "batch.missing"): {"request": ""},
    ("request", "batch.file-missing"): {"request": "nowhere.csr"},
    ("request", "batch.file-outside"): {"request": "../../home/mode"},
    ("desk", "desk.unknown"): {"desk": "nowhere"},
    ("seen", "batch.seen"): {"seen": "by phone"},
    ("paper", "batch.paper"): {"paper": "library-card"},
    ("paper", "enrolment.evidence-insufficient"): {"paper": "household-book"},
    ("paper_issuer", "batch.too-long"): {"paper_issuer": "M" * 65},
    ("paper_issued", "register.date"): {"paper_issued": "yesterday"},
    ("paper_issued", "register.buddhist-year"): {"paper_issued": "01/05/2567"},
    ("paper_issued", "enrolment.evidence-not-yet-issued"): {"paper_issued": "2030-01-01"},
    ("paper_expires", "enrolment.evidence-without-last-day"): {"paper_expires": ""},
    ("paper_expires", "enrolment.evidence-expired"): {"paper_expires": "2025-01-01"},
    ("scan_sha256", "batch.scan"): {"scan_sha256": "a scan"},
    ("second_number", "batch.missing"): {
        "second_paper": "witness", "second_issuer": "MPS", "second_issued": "2020-01-01",
        "second_scan_sha256": "cd" * 32,
    },
    ("terms", "enrolment.terms-changed"): {"terms": "00" * 32},
    ("agreed", "batch.agreed"): {"agreed": "perhaps"},
    ("agreed_on", "enrolment.terms-date"): {"agreed_on": "2027-01-01"},
    ("publish", "batch.publish"): {"publish": "maybe"},
    ("organisation", "enrolment.organisation-not-named"): {"organisation": "MTC"},
    ("organisation", "enrolment.organisation-missing"): {"profile": "tls-client", "common_name": "Mail"},
    ("common_name", "enrolment.common-name"): {"common_name": "Mail"},
    ("names", "enrolment.names-not-taken"): {"names": "mail.mtc.gov.la"},
    ("value_limit_lak", "batch.limit"): {"value_limit_lak": "a lot"},
    ("given_lo", "batch.other-name"): {"given_lo": "ຄຳຫຼ້າ", "family_lo": "ວົງສາ"},
    ("common_name", "batch.too-long"): {"common_name": "M" * 201},
    ("names", "batch.too-long"): {"names": "m" * 200_000},
    ("family_lo", "batch.other-name"): {"family_lo": "ພົມມະຈັນ"},
}  # fmt: skip


def test_bad_lines_of_every_kind_are_named_with_field_and_code_and_nothing_is_recorded(
    ca: PracticeCa, tmp_path: Path
) -> None:
    register_person(ca.ledger, OFFICER)
    own = [{"paper_number": str(n), "scan_sha256": f"{n:064x}"} for n in range(len(BAD))]
    lines = [line(ca, OFFICER, **paper | changed) for paper, changed in zip(own, BAD.values(), strict=True)]
    good = line(ca, OFFICER, number="໑໐໐໐໐໐໑໗", given_lo="ສົມພອນ", family_lo="ວົງສາ", paper_issued="໑ ມັງກອນ ໒໐໒໐")
    before = entries(ca)

    plan = planned(ca, written(tmp_path / "list.csv", [*lines, good]))

    assert told(plan) == dict(enumerate(BAD, 2))
    assert (plan.lines, plan.bad, dict(plan.profiles), dict(plan.desks)) == (
        len(BAD) + 1, len(BAD), {"officer-signing": 1}, {"center": 1},
    )  # fmt: skip
    assert [code for _, code in BAD if code not in WORDS] == []
    assert entries(ca) == before


@pytest.mark.sqlite_only("names are compared before anything is asked of the database")
def test_a_name_is_compared_where_it_is_there_and_only_there(ca: PracticeCa, tmp_path: Path) -> None:
    register_person(ca.ledger, OFFICER)
    profiles = ("officer-signing", "officer-authentication", "officer-encryption")
    said: tuple[dict[str, str], ...] = ({"given_lo": "ສົມພອນ"}, {"family_lo": "ວົງສາ"}, {})
    lines = [line(ca, OFFICER, profile=one, **names) for one, names in zip(profiles, said, strict=True)]

    assert told(planned(ca, written(tmp_path / "list.csv", lines))) == {}


@pytest.mark.parametrize(
    ("written_so", "kip"),
    [("5000000", 5_000_000), ("5.000.000", 5_000_000), ("໕.໐໐໐", 5_000), ("1500000.00", None), ("1.5", None),
     ("1_000", None), ("+5", None), ("0.500", None), ("0", None)],
)  # fmt: skip
def test_points_part_the_thousands_of_a_limit_and_no_fractions(written_so: str, kip: int | None) -> None:
    assert _kip_of(written_so) == kip


def _kip_of(text: str) -> int | None:
    try:
        return _kip(text)
    except Unfit:
        return None


def test_a_key_or_a_wish_that_a_line_before_has_is_named_with_that_line(ca: PracticeCa, tmp_path: Path) -> None:
    register_person(ca.ledger, OFFICER)
    register_person(ca.ledger, OTHER)
    key = pem(request_for(new_key()))
    lines = [
        line(ca, OFFICER, request=key),
        line(ca, OTHER, request=key),
        line(ca, OFFICER),
        line(ca, OTHER),
        line(ca, OFFICER, profile="officer-authentication"),
    ]

    plan = planned(ca, written(tmp_path / "list.csv", lines))

    assert [(one.line, one.first, one.faults[0].code) for one in plan.shown] == [
        (3, 2, "batch.key-twice"), (4, 2, "batch.asked-twice"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("delimiter", "mark"), [(",", ""), (",", "\ufeff"), (";", ""), (";", "\ufeff")], ids=[",", "bom,", ";", "bom;"]
)
def test_what_spreadsheets_write_is_read(tmp_path: Path, delimiter: str, mark: str) -> None:
    request = pem(request_for(new_key()))
    listed = written(tmp_path / "list.csv", [{"number": OFFICER, "request": request}], delimiter=delimiter, mark=mark)

    with listed.open("rb") as file:
        [row] = rows(file, COLUMNS, "batch", NEEDED)

    assert (row.line, row.whole, row.fields["number"]) == (2, True, OFFICER)
    assert isinstance(parsed(row.fields["request"].encode()), SigningRequest)


@pytest.mark.sqlite_only("what lies in the home does not hang on the engine")
def test_what_a_killed_planning_left_goes_and_what_is_being_written_stays(ca: PracticeCa, tmp_path: Path) -> None:
    register_person(ca.ledger, OFFICER)
    folder = ca.home.path / "plans" / "batches"
    folder.mkdir(parents=True)
    killed, others = folder / "killed.planning", folder / "others.planning"
    killed.write_text("card of 10000017")
    others.write_text("card of 10000018")

    with others.open("rb") as writing:
        fcntl.flock(writing, fcntl.LOCK_EX)
        planned(ca, written(tmp_path / "list.csv", [line(ca, OFFICER)]))

    assert (killed.exists(), others.exists()) == (False, True)


@pytest.mark.sqlite_only("where a list lies does not hang on the engine")
def test_a_folder_a_zip_and_a_list_with_all_in_it_come_to_the_same(ca: PracticeCa, tmp_path: Path) -> None:
    register_person(ca.ledger, OFFICER)
    request = request_for(new_key())
    folder = tmp_path / "handed in"
    folder.mkdir()
    (folder / "one.der").write_bytes(request)
    written(folder / "list.csv", [line(ca, OFFICER, request="one.der")])
    alone = written(tmp_path / "alone.csv", [line(ca, OFFICER, request=pem(request))])
    with ZipFile(tmp_path / "list.zip", "w") as zipped:
        zipped.write(folder / "list.csv", "ຄຳຂໍ/list.csv")
        zipped.writestr("ຄຳຂໍ/one.der", request)
        zipped.writestr("__MACOSX/ຄຳຂໍ/._list.csv", b"furniture")

    plans = [planned(ca, path) for path in (folder, folder / "list.csv", tmp_path / "list.zip")]

    assert [(plan.lines, plan.bad) for plan in [*plans, planned(ca, alone)]] == [(1, 0)] * 4
    assert len({plan.digest for plan in plans}) == 1


@pytest.mark.sqlite_only("what is in the home does not hang on the engine")
def test_a_plan_is_found_by_its_digest_and_only_as_it_was_planned(ca: PracticeCa, tmp_path: Path) -> None:
    register_person(ca.ledger, OFFICER)
    listed = written(tmp_path / "list.csv", [line(ca, OFFICER)])
    folder = ca.home.path / "plans" / "batches"
    plan, again = planned(ca, listed), planned(ca, listed)
    kept = folder / f"{plan.digest}.jsonl"
    found = load_plan(folder, plan.digest[:12])

    kept.write_bytes(kept.read_bytes().replace(b'"center"', b'"centre"'))

    assert (found.lines, found.officer_id, again.digest) == (1, f"p{FIRST}", plan.digest)
    assert kept.stat().st_mode & 0o077 == 0
    for digest in (plan.digest, plan.digest[:11], "../" + plan.digest, ""):
        with pytest.raises(PlanUnknown):
            load_plan(folder, digest)


def test_a_line_whose_quotation_marks_are_wrong_is_bad_by_itself(tmp_path: Path) -> None:
    lines = ['1,"Som"phone",x', "2,Som,x", '3,"one', 'two",x']
    (tmp_path / "list.csv").write_text("\r\n".join([",".join(COLUMNS), *lines]), encoding="utf-8", newline="")

    with (tmp_path / "list.csv").open("rb") as file:
        read = list(rows(file, COLUMNS, "batch", NEEDED))

    assert [(row.line, row.fields["number"], row.whole) for row in read] == [
        (2, '"', False), (3, "2", False), (4, "3", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        (b"", "batch.file-empty"),
        (b"number,profile\r\n1,2\r\n", "batch.file-header"),
        (",".join((*COLUMNS, "number")).encode() + b"\r\n", "batch.file-header"),
        (",".join(COLUMNS).encode() + b"\r\n,,\r\n", "batch.file-empty"),
        (("\ufeff" + ",".join(COLUMNS)).encode("utf-16-le"), "batch.file-encoding"),
        (",".join(COLUMNS).encode() + b'\r\n"never closed', "batch.file-csv"),
        (",".join(COLUMNS).encode() + b'\r\n1,"opened\r\nin another"line,2\r\n3', "batch.file-csv"),
        (",".join(COLUMNS).encode() + b"\r\n" + b"\xff" * 30, "batch.file-encoding"),
    ],
    ids=[
        "empty",
        "columns missing",
        "column twice",
        "no lines",
        "UTF-16",
        "quotation mark",
        "over two lines",
        "not UTF-8",
    ],
)
def test_a_list_that_cannot_be_read_is_refused_whole(tmp_path: Path, octets: bytes, code: str) -> None:
    (tmp_path / "list.csv").write_bytes(octets)

    with (tmp_path / "list.csv").open("rb") as file, pytest.raises(FileUnfit) as refused:
        list(rows(file, COLUMNS, "batch", NEEDED))

    assert (refused.value.code, code in WORDS) == (code, True)


@pytest.mark.sqlite_only("the form is text")
def test_the_empty_form_has_every_column_and_an_example_that_can_be_read(ca: PracticeCa, tmp_path: Path) -> None:
    register_person(ca.ledger, OFFICER)
    form = tmp_path / "form.csv"
    form.write_text(template(line(ca, OFFICER)["terms"]), encoding="utf-8", newline="")
    (tmp_path / "10000017.csr").write_bytes(request_for(new_key()))

    plan = planned(ca, form)

    assert told(plan) == {}
