"""What the steps that certify a CA of ours share: its name, its life and its subject."""

from datetime import timedelta

from ca.ceremonies.ceremony import ORGANISATION
from ca.ceremonies.names import ca_title
from pki.names import ca_name
from web.home import Mode


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

    @property
    def validity(self) -> timedelta:
        """Of its certificate."""
        return timedelta(days=self.validity_days)

    def subject(self, mode: Mode) -> bytes:
        """Its Name, DER."""
        return ca_name(ORGANISATION, self.title, practice=mode is Mode.PRACTICE)
