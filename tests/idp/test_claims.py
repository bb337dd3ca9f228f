"""What services learn of a person: names in both scripts, the post now, and nothing that was not asked for."""

from datetime import UTC, datetime

import pytest

from idp.claims import Described, claims_for
from ledger.people import PersonDetail
from ledger.standing import Held, OrganisationThen

SINCE = datetime(2025, 4, 1, tzinfo=UTC)
FINANCE = OrganisationThen("MOF", "ກະຊວງການເງິນ", "Ministry of Finance", SINCE, None)
PLANNING = OrganisationThen("MPI", "ກະຊວງແຜນການ", "Ministry of Planning", SINCE, None)


def detail(**changed: str | None) -> PersonDetail:
    values: dict[str, str | None] = {
        "given_lo": "ສົມພອນ", "family_lo": "ແກ້ວວົງສາ", "given_en": "Somphone", "family_en": "Keovongsa",
        "mail": "somphone@mof.gov.la", "phone": "+8562055512345", "born": "1980-01-31",
    }  # fmt: skip
    return PersonDetail(**(values | changed))


def in_post(organisation: OrganisationThen = FINANCE, *successors: OrganisationThen) -> Held:
    return Held("a1", "MOF/dg", "ຫົວໜ້າກົມ", "Director General", organisation, successors, False, "011/MOF", SINCE, None)


def described(post: Held | None = None, **changed: str | None) -> Described:
    return Described("10000017", detail(**changed), post)


def test_names_come_in_both_scripts_as_the_person_spells_them() -> None:
    claims = claims_for(["openid", "profile"], "s", described())

    assert (claims["name"], claims["name#lo"], claims["name#en"]) == (
        "ສົມພອນ ແກ້ວວົງສາ", "ສົມພອນ ແກ້ວວົງສາ", "Somphone Keovongsa",
    )  # fmt: skip


def test_a_missing_family_name_is_left_out_and_not_made_up() -> None:
    claims = claims_for(["profile"], "s", described(family_lo=None, family_en=None))

    assert (claims["name#lo"], claims["name#en"]) == ("ສົມພອນ", "Somphone")
    assert not [name for name in claims if name.startswith("family_name")]


def test_the_organisation_comes_with_what_succeeded_it_and_the_decree() -> None:
    claims = claims_for(["organisation"], "s", described(in_post(PLANNING, FINANCE)))

    assert claims["role"] == {"code": "MOF/dg", "lo": "ຫົວໜ້າກົມ", "en": "Director General", "acting": False}
    assert (claims["organisation"]["code"], claims["organisation"]["successor"][0]["code"]) == ("MPI", "MOF")
    assert (claims["person_number"], claims["decree"]) == ("10000017", "011/MOF")


def test_a_person_without_a_post_has_a_number_alone() -> None:
    assert claims_for(["organisation"], "s", described()) == {"sub": "s", "person_number": "10000017"}


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        ("openid", {"sub"}),
        ("email", {"sub", "email", "email_verified"}),
        ("phone", {"sub", "phone_number", "phone_number_verified"}),
        ("organisation", {"sub", "person_number", "role", "organisation", "decree"}),
    ],
)
def test_a_scope_gives_its_own_claims_and_no_others(scope: str, names: set[str]) -> None:
    assert set(claims_for([scope], "s", described(in_post()))) == names


def test_no_scope_tells_the_birth_date() -> None:
    claims = claims_for(["openid", "profile", "email", "phone", "organisation"], "s", described(in_post()))

    assert "1980-01-31" not in repr(claims)
