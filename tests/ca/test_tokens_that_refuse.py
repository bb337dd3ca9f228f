"""A token that is full, locked, or refuses its PIN: a sentence in both languages, nothing lost, and it goes on after.

Through a ceremony of two of three, and through the signing room in the middle of a batch.
"""

import errno
import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pkcs11
import pytest
from sqlalchemy import select

from ledger.certificates import Certificate, Intent, Revocation
from ledger.ledger import Ledger
from ledger.verification import verify_ledger
from pki.signing import Signer, require_at_hand
from scripts.issue import sentence_of
from signers import KeyUnusable
from signers.pkcs11 import DEFAULT_MODULE, contents
from tests.ca.conftest import PracticeCa, register_person
from tests.ca.test_ceremony_killed import ledger_of_vault, vault
from tests.ca.test_room_without_a_database import FullDisk
from tests.ca.test_signing_on_tokens import PEOPLE, ledger, on_tokens
from tests.ca.vault import OPERATORS, Vault
from tests.refusing import closed, full
from tests.softhsm import PIN, token

__all__ = ["ledger", "ledger_of_vault", "on_tokens", "token", "vault"]
LAO = re.compile("[ກ-ໝ]")
ANNA, BOUN, _ = OPERATORS
Refusing = Callable[[Any], AbstractContextManager[None]]


@contextmanager
def mistyped(room: Any) -> Iterator[None]:
    """The file has another PIN than the token."""
    pin = room.folder / "issuing.pin"
    pin.write_text("999999\n")
    yield
    pin.write_text(f"{PIN}\n")


CEREMONY: dict[str, tuple[Refusing, str]] = {
    "full": (lambda _vault: full("issuing"), "token 'issuing' is full: remove keys that are not needed"),
    "locked": (
        lambda _vault: closed("issuing", pkcs11.PinLocked),
        "the PIN of token 'issuing' is locked: its security officer must reset it",
    ),
    "wrong": (mistyped, "the PIN for token 'issuing' is wrong: correct "),
    "gone": (
        lambda _vault: closed("issuing", pkcs11.DeviceRemoved), "token 'issuing' was taken out: put it back",
    ),
}  # fmt: skip


@pytest.mark.parametrize("how", CEREMONY)
def test_a_ceremony_stops_at_the_step_that_says_so_and_goes_on_when_it_is_mended(
    vault: Vault, ledger_of_vault: Ledger, how: str
) -> None:
    refusing, sentence = CEREMONY[how]
    vault.write(vault.steps())
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)

    with refusing(vault):
        stopped, said = vault.run()
        again, same = vault.run()
        in_token = contents(vault.tokens["vault"].format("x"))
    root = vault.home.certificate("root").read_bytes()
    done, end = vault.run()
    vault.by("ceremony-sign", BOUN)
    vault.by("ceremony-sign", ANNA)
    replayed, found = vault.replayed()

    assert (stopped, again, same) == (1, 1, said)
    assert said["error"] == "KeyUnusable"
    assert said["en"].startswith(sentence)
    assert LAO.search(said["lo"])
    assert PIN not in str(said)
    assert {one.label for one in in_token} == {"root"}
    assert vault.home.certificate("root").read_bytes() == root
    assert (done, end["done"]) == (3, len(vault.steps()) + 1)
    assert (replayed, found["holds"]) == (0, True)
    with ledger_of_vault.read() as session:
        profiles = sorted(session.scalars(select(Certificate.profile)))
    assert profiles == ["issuing-ca", "ocsp-responder", "officer-authentication", "root-ca"]
    assert verify_ledger(ledger_of_vault.reading, vault.home.checkpoints).faults == []


@contextmanager
def no_room(_vault: Vault) -> Iterator[None]:
    """Files take no octet more; the database has room."""

    def none_left(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, "fsync", none_left)
        yield


@contextmanager
def nowhere_room(_vault: Vault) -> Iterator[None]:
    """Neither files nor the database take an octet more."""
    disk = FullDisk()
    disk.begin()
    yield
    disk.end()


@pytest.mark.parametrize("full_disk", [no_room, nowhere_room], ids=["for files", "at all"])
def test_a_ceremony_whose_disk_is_full_says_so_and_goes_on_when_there_is_room(
    vault: Vault, ledger_of_vault: Ledger, full_disk: Refusing
) -> None:
    vault.write(vault.steps()[:4])
    vault.by("ceremony-approve", ANNA)
    vault.by("ceremony-approve", BOUN)

    with full_disk(vault):
        stopped, said = vault.run()
    done, end = vault.run()

    assert (stopped, said["error"]) == (1, "request.disk-full")
    assert LAO.search(said["lo"])
    assert (done, end["done"]) == (3, 5)
    assert verify_ledger(ledger_of_vault.reading, vault.home.checkpoints).faults == []


class Restarted:
    """A key whose token is restarted before its third signature, and then answers every login by a fault."""

    def __init__(self, signer: Signer, fault: type[pkcs11.PKCS11Error], mended: ExitStack) -> None:
        self._signer, self._fault, self._mended, self._signed = signer, fault, mended, 0
        self.algorithm, self.public_key = signer.algorithm, signer.public_key

    def sign(self, message: bytes) -> bytes:
        self._signed += 1
        if self._signed == 3:
            self._mended.enter_context(closed("issuing", self._fault))
            pkcs11.lib(DEFAULT_MODULE).reinitialize()
        return self._signer.sign(message)

    def require(self) -> None:
        require_at_hand(self._signer)


ROOM = {
    pkcs11.DeviceMemory: "token 'issuing' is full: remove keys that are not needed, or use another",
    pkcs11.PinLocked: "the PIN of token 'issuing' is locked: its security officer must reset it",
    pkcs11.PinExpired: "the PIN of token 'issuing' has expired: its security officer must set another",
    pkcs11.SessionCount: "token 'issuing' has no session left: stop another program that uses it",
}


@pytest.mark.sqlite_only("the token is outside the database")
@pytest.mark.parametrize("fault", ROOM, ids=lambda fault: fault.__name__)
def test_a_token_that_refuses_in_the_middle_of_a_batch_loses_nothing_and_goes_on_when_it_is_mended(
    on_tokens: PracticeCa, fault: type[pkcs11.PKCS11Error]
) -> None:
    for number in PEOPLE:
        register_person(on_tokens.ledger, number)
    enrolments = {on_tokens.approved(number) for number in PEOPLE}
    officers = on_tokens.issuing("officers")

    with ExitStack() as mended:
        room = on_tokens.room(officers=replace(officers, signer=Restarted(officers.signer, fault, mended)))
        with pytest.raises(KeyUnusable) as refused:
            room.turn()
        left = room.recover()
        with pytest.raises(KeyUnusable):  # nothing is intended meanwhile, however often it turns
            room.turn()
        again = room.recover()
    done = on_tokens.room().turn()

    assert str(refused.value).startswith(ROOM[fault])
    assert LAO.search(sentence_of(refused.value))
    assert (left, again) == (0, 0)
    with on_tokens.ledger.read() as session:
        intents = session.scalars(select(Intent).where(Intent.enrolment_id.in_(enrolments))).all()
        revoked = set(session.scalars(select(Revocation.certificate_id)))
    issued = {one.id for one in done.issued}
    assert sorted(str(one.enrolment_id) for one in intents if one.id in issued) == sorted(enrolments)
    assert {one.id for one in intents} == issued | revoked
    assert len(revoked) == len(PEOPLE)
    assert issued & revoked == set()
    assert on_tokens.room().turn().issued == []
