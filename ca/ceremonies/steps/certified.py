"""What the steps that certify a CA of ours share: its name, its life and its subject."""

from datetime import timedelta

from ca.ceremonies.ceremony import ORGANISATION
from ca.ceremonies.names import ca_title
from pki.names import COMMON_NAME_CHARACTERS, ca_name
from web.home import Mode

_LONGEST = COMMON_NAME_CHARACTERS - len("PRACTICE ") - len(" 99")


class CertifiedCa:
    """A CA of this name; `common_name`, where it has its own, without PRACTICE."""

    name: str
    common_name: str
    validity_days: int

    @property
    def about(self) -> str:
        """The CA's name."""
        return self.name

    @property
    def gives(self) -> tuple[str, ...]:
        """Its certificate."""
        return (f"certificate {self.name}",)

    @property
    def title(self) -> str:
        """Its common name as it is spoken of."""
        return self.common_name or ca_title(self.name)

    def check_title(self) -> None:
        """The name leaves room for what is put before and behind it in practice and in later generations."""
        if len(self.title) > _LONGEST:
            raise ValueError(
                f"common_name of {self.name} has {len(self.title)} characters: {_LONGEST} at most, "
                "since later generations have their number behind it"
            )

    @property
    def validity(self) -> timedelta:
        """Of its certificate."""
        return timedelta(days=self.validity_days)

    def subject(self, mode: Mode) -> bytes:
        """Its Name, DER."""
        return ca_name(ORGANISATION, self.title, practice=mode is Mode.PRACTICE)
