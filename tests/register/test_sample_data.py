from examples.data.dirt import lines
from examples.data.people import citizens, officers
from ledger.spelling import fold_name
from register.columns import COLUMNS


def test_a_long_list_begins_with_the_short_one() -> None:
    assert list(officers(300))[:20] == list(officers(20))


def test_another_seed_makes_other_people() -> None:
    assert list(officers(5, seed=2)) != list(officers(5, seed=1))


def test_each_line_has_the_columns_of_a_list() -> None:
    assert {tuple(row) for row in (*officers(3), *citizens(3))} == {COLUMNS}


def test_clean_people_are_all_different() -> None:
    rows = [*officers(5000), *citizens(5000)]

    assert len({(fold_name(row["given_lo"], row["family_lo"]), row["born"]) for row in rows}) == len(rows)


def test_the_rate_of_faults_is_kept_to_the_line() -> None:
    assert sum(sample.fault is not None for sample in lines(200, 100, 0.07)) == 21


def test_some_people_have_no_family_name() -> None:
    assert any(not row["family_lo"] and not row["family_en"] for row in officers(50))
