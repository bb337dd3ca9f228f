from pathlib import Path

import pytest
from sqlalchemy import func, select

from examples.data.dirt import CITIZEN_FAULTS, OFFICER_FAULTS, lines, look_alike
from ledger.entry import Entry
from ledger.ledger import Ledger
from ledger.sheet import FileUnfit
from register.changes import Decided
from register.columns import COLUMNS
from register.plan import Plan, PlanUnknown, load_plan, make_plan
from tests.register.conftest import Desk, citizen_rows, officer_rows

VERDICTS = {"new": 0, "changed": 0, "same": 0, "suspicious": 0, "bad": 0}


def reasons(plan: Plan) -> dict[int, list[str]]:
    return {decided.line: codes(decided) for decided in plan.shown}


def codes(decided: Decided) -> list[str]:
    return [reason.code for reason in decided.reasons]


def test_lines_without_fault_are_new(desk: Desk) -> None:
    plan = desk.plan(officer_rows(3) + citizen_rows(2))

    assert plan.counts == VERDICTS | {"new": 5}


def test_planning_changes_nothing(desk: Desk, ledger: Ledger) -> None:
    with ledger.read() as session:
        before = session.scalar(select(func.count()).select_from(Entry))
    desk.plan(officer_rows(3))

    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == before


def test_the_same_list_has_the_same_digest(desk: Desk) -> None:
    assert desk.plan(officer_rows(3)).digest == desk.plan(officer_rows(3)).digest


def test_the_digest_covers_the_register_too(desk: Desk) -> None:
    before = desk.plan(officer_rows(3)).digest
    desk.apply(before)

    assert desk.plan(officer_rows(3)).digest != before


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"given_en": ""}, "register.missing"),
        ({"number": "1234567"}, "register.number"),
        ({"number": "12345678x"}, "register.number"),
        ({"given_lo": "Somphone"}, "register.not-lao"),
        ({"given_en": "ສົມພອນ"}, "register.not-roman"),
        ({"born": "2533-05-01"}, "register.buddhist-year"),
        ({"born": "1990-02-30"}, "register.date"),
        ({"born": "2027-01-01"}, "register.born-in-future"),
        ({"born": "2012-01-01"}, "register.too-young"),
        ({"born": "1901-01-01"}, "register.too-old"),
        ({"mail": "x@gmail.com"}, "register.mail-domain"),
        ({"mail": "ສົມ@mtc.gov.la"}, "register.mail"),
        ({"phone": "+856 20 9123 456"}, "register.phone"),
        ({"organisation": "MPT", "post_code": "MPT/cabinet/archivist"}, "register.organisation-unknown"),
        ({"post_code": "XYZ/cabinet/archivist"}, "register.post-code"),
        ({"acting": "maybe"}, "register.acting"),
        ({"decree": ""}, "register.missing"),
        ({"valid_from": "2568-04-01"}, "register.buddhist-year"),
        ({"valid_to": "2025-01-01"}, "register.ends-before"),
        ({"mandate": "", "limit_lak": "5000"}, "register.limit-without-mandate"),
        ({"mandate": "approve-payment", "limit_lak": "5,5"}, "register.limit"),
        ({"given_lo": "ກ" * 300}, "register.too-long"),
        ({"list": "guests"}, "register.list"),
    ],
)
def test_a_line_with_a_fault_is_bad_and_says_why(desk: Desk, changed: dict[str, str], code: str) -> None:
    plan = desk.plan(officer_rows(1, **changed))

    assert (plan.counts["bad"], code in reasons(plan)[2]) == (1, True)


def test_all_faults_of_a_line_are_named_at_once(desk: Desk) -> None:
    plan = desk.plan(officer_rows(1, born="2533-01-01", phone="1", given_en=""))

    assert [reason.field for reason in plan.shown[0].reasons] == ["given_en", "born", "phone"]


def test_a_post_in_a_ministry_that_had_ended_is_bad(desk: Desk) -> None:
    row = {"organisation": "MAF", "post_code": "MAF/cabinet/archivist", "mail": "x@maf.gov.la"}

    assert reasons(desk.plan(officer_rows(1, **row, valid_from="2025-06-01")))[2] == ["register.organisation-ended"]


def test_a_post_in_a_ministry_before_it_ended_is_good(desk: Desk) -> None:
    row = {"organisation": "MAF", "post_code": "MAF/cabinet/archivist", "mail": "x@maf.gov.la"}

    assert desk.plan(officer_rows(1, **row, valid_from="2024-06-01")).counts["new"] == 1


def test_a_citizen_with_a_post_is_bad(desk: Desk) -> None:
    assert reasons(desk.plan(citizen_rows(1, organisation="MTC")))[2] == ["register.citizen-with-post"]


def test_one_number_beside_two_names_holds_both_lines_back(desk: Desk) -> None:
    first, second, third = officer_rows(3)
    plan = desk.plan([first, second | {"number": first["number"]}, third])

    assert reasons(plan) == {2: ["register.number-twice"], 3: ["register.number-twice"]}


def test_a_look_alike_of_an_earlier_line_is_suspicious_and_the_earlier_line_is_not(desk: Desk) -> None:
    first, second = citizen_rows(2)
    twin = first | {"number": second["number"], "given_lo": look_alike(first["given_lo"])}

    assert reasons(desk.plan([first, twin])) == {3: ["register.look-alike"]}


def test_a_look_alike_of_a_registered_person_is_suspicious(desk: Desk) -> None:
    first, second = citizen_rows(2)
    desk.put([first])

    plan = desk.plan([first | {"number": second["number"], "family_lo": look_alike(first["family_lo"])}])

    assert reasons(plan) == {2: ["register.look-alike"]}


def test_two_persons_of_one_name_and_different_birth_dates_are_two(desk: Desk) -> None:
    first, second = citizen_rows(2)

    assert desk.plan([first, first | {"number": second["number"], "born": "1990-01-01"}]).counts["new"] == 2


def test_the_number_of_a_registered_person_is_never_anothers(desk: Desk) -> None:
    first, second = citizen_rows(2)
    desk.put([first])

    assert reasons(desk.plan([second | {"number": first["number"]}])) == {2: ["register.number-of-another"]}


def test_what_changes_of_a_person_is_shown_before_and_after(desk: Desk) -> None:
    rows = citizen_rows(1)
    desk.put(rows)

    plan = desk.plan([rows[0] | {"phone": "020 55512345"}])

    assert [(one.field, one.before, one.after) for one in plan.shown[0].changes] == [
        ("phone", rows[0]["phone"], "+8562055512345")
    ]


def test_another_birth_date_under_the_same_name_is_suspicious(desk: Desk) -> None:
    rows = citizen_rows(1)
    desk.put(rows)

    assert reasons(desk.plan([rows[0] | {"born": "1990-01-01"}])) == {2: ["register.other-birth-date"]}


def test_a_second_post_of_ones_own_is_suspicious_until_the_first_has_an_end(desk: Desk) -> None:
    row = officer_rows(1, acting="no", valid_from="2025-05-01")[0]
    other = row | {"post_code": f"{row['organisation']}/legal/adviser", "post_lo": "ທີ່ປຶກສາ", "post_en": "Adviser"}
    desk.put([row])
    begins = {"valid_from": "2026-10-01", "decree": "9/X/2026"}

    alone = desk.plan([other | begins])
    together = desk.plan([row | {"valid_to": "2026-09-30"}, other | begins])

    assert (reasons(alone), together.counts["changed"]) == ({2: ["register.second-post"]}, 2)


def test_every_kind_of_dirt_is_noticed(desk: Desk) -> None:
    samples = list(lines(120, 100, 0.2))
    plan = desk.plan([sample.row for sample in samples])

    noticed = {line for line, found in reasons(plan).items() if found}
    dirty = {place + 2 for place, sample in enumerate(samples) if sample.fault}
    assert ({sample.fault for sample in samples} - {None}, dirty - noticed) == (
        {*OFFICER_FAULTS, *CITIZEN_FAULTS},
        set(),
    )


def test_a_line_with_too_few_fields_is_bad_and_the_next_is_read(desk: Desk) -> None:
    path = desk.list(citizen_rows(2))
    text = path.read_text("utf-8").splitlines()
    path.write_text("\n".join([text[0], "citizens,20000009", text[1]]), "utf-8")

    plan = make_plan(desk.ledger, path, desk.folder / "plans")

    assert (reasons(plan), plan.counts["new"]) == ({2: ["register.columns"]}, 1)


def test_a_byte_order_mark_and_semicolons_are_taken(desk: Desk) -> None:
    path = desk.list(citizen_rows(2))
    path.write_text(path.read_text("utf-8").replace(",", ";"), "utf-8-sig")

    assert make_plan(desk.ledger, path, desk.folder / "plans").counts["new"] == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ((",".join(COLUMNS) + "\nofficers").encode("utf-16"), "register.file-encoding"),
        ((",".join(COLUMNS) + "\nofficers").encode("utf-16-le"), "register.file-encoding"),
        ((",".join(COLUMNS) + "\nofficers,").encode() + "สมพร".encode("cp874"), "register.file-encoding"),
        (b"a,b,c\n1,2,3\n", "register.file-header"),
        (",".join(COLUMNS).encode(), "register.file-empty"),
        (b"", "register.file-empty"),
        ((",".join(COLUMNS) + '\nofficers,"1').encode(), "register.file-csv"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(desk: Desk, tmp_path: Path, content: bytes, code: str) -> None:
    path = tmp_path / "unfit.csv"
    path.write_bytes(content)

    with pytest.raises(FileUnfit) as refused:
        make_plan(desk.ledger, path, tmp_path / "plans")

    assert (refused.value.code, list((tmp_path / "plans").iterdir())) == (code, [])


def test_a_plan_whose_list_was_altered_is_unknown(desk: Desk) -> None:
    plan = desk.plan(citizen_rows(2))
    kept = desk.folder / "plans" / f"{plan.digest}.csv"
    kept.write_text(kept.read_text("utf-8").replace("citizens", "officers", 1), "utf-8")

    with pytest.raises(PlanUnknown):
        load_plan(desk.folder / "plans", plan.digest)


def test_a_plan_that_was_altered_is_unknown(desk: Desk) -> None:
    plan = desk.plan(citizen_rows(1, phone="1"))
    kept = desk.folder / "plans" / f"{plan.digest}.json"
    kept.write_text(kept.read_text("utf-8").replace('"bad"', '"new"'), "utf-8")

    with pytest.raises(PlanUnknown):
        load_plan(desk.folder / "plans", plan.digest)


@pytest.mark.parametrize("digest", ["", "ab", "../../etc/passwd", "0" * 64])
def test_a_digest_that_names_no_plan_is_unknown(desk: Desk, digest: str) -> None:
    with pytest.raises(PlanUnknown):
        load_plan(desk.folder / "plans", digest)


def test_plans_are_for_their_owners_eyes(desk: Desk) -> None:
    desk.plan(citizen_rows(1))

    assert {path.stat().st_mode & 0o777 for path in (desk.folder / "plans").iterdir()} == {0o600}
