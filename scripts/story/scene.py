"""The persons and places of one telling."""

from dataclasses import dataclass, field
from pathlib import Path

from scripts.demonstration.installation import Installation
from scripts.demonstration.journal import Journal
from scripts.story.browser import Browser


@dataclass(frozen=True)
class Account:
    """A person's way in, as demo.json has it."""

    number: str
    username: str
    password: str
    totp_secret: str


@dataclass(frozen=True)
class ClientCredentials:
    """A relying service of the demonstration."""

    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass
class Scene:
    """Who plays in the story: each telling on the same home takes officers that no earlier one revoked."""

    installation: Installation
    journal: Journal
    signer: Account
    """Signs in by password and code, signs a decree under his mandate, and is revoked."""
    holder: Account
    """Signs in by certificate."""
    clerk: Account
    """Has a post, but not one that may sign decrees."""
    admins: tuple[str, str]
    """Numbers of the two registration officers."""
    client: ClientCredentials
    documents: dict[str, Path] = field(default_factory=dict)
    browsers: dict[str, Browser] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    codes: dict[str, str] = field(default_factory=dict)
    """By username the one-time code that was typed last."""

    @property
    def folder(self) -> Path:
        """Where the story's documents are kept."""
        folder = self.installation.home.path / "documents"
        folder.mkdir(exist_ok=True)
        return folder

    def browser(self, name: str) -> Browser:
        """The browser of this name, opened when first used."""
        if name not in self.browsers:
            self.browsers[name] = Browser(self.installation.home.certificate("root"))
        return self.browsers[name]
