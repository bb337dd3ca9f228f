"""Rules that a service may ask for: what the signer must have been allowed to do at the proven time."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rule:
    """One kind of paper: the mandate (`ledger.people.Mandate.act`) that its signer needs. Versions never change."""

    name: str
    version: int
    act: str


RULES = {rule.name: rule for rule in (Rule("decree", 1, "sign-decree"), Rule("payment", 1, "approve-payment"))}
"""A new rule is a line here; a changed one is a new name."""
