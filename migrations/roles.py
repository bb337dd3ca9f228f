"""The third ring: on PostgreSQL each process is a role that may insert into its own tables only.

Nobody but the owner, whom no process uses, may do anything else. An event kind may be recorded by the roles
that name it here, exactly or by its beginning (`session.*`).
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

import migrations.tables  # noqa: F401 - loads every table
from ledger.base import Base, Personal


@dataclass(frozen=True)
class Role:
    """What one process may write. `personal` says whether it may read rows about persons."""

    process: str
    inserts: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    """Of whose tables it may take away rows: those that an entry of its own names, and marks that are past."""
    events: tuple[str, ...] = ()
    personal: bool = True

    @property
    def name(self) -> str:
        """The role in the database."""
        return f"laotrust_{self.process}"

    def may_record(self, kind: str) -> bool:
        """Whether this role may record events of that kind."""
        return any(kind == own or (own.endswith("*") and kind.startswith(own[:-1])) for own in self.events)


_LOG = ("leaf", "tree_head", "checkpoint", "tree_node")
"""A ceremony seals by itself, since during it nobody else does."""

ROLES = (
    Role(
        "ca",
        inserts=(
            "key_use", "enrolment", "evidence", "evidence_number", "decision", "enrolment_end", "revocation", "hold",
            "cutoff", "key_block", "revocation_proof", "ending_request", "ending_report", "ending_request_end",
            "release_order", "revocation_code", "revocation_code_certificate", "revocation_code_use",
            "revocation_code_guess", "outbox_message", "key_report", "replacement",
            "evidence_scan", "carried_evidence", "enrolment_scope", "agreement", "organisation_confirmation",
            "mail_challenge", "mail_attempt", "mail_proof", "double_clearance", "holder_confirmation",
            "allowance_confirmation", "allowance_acceptance", "allowance_secret", "allowance_secret_end",
            "enrolment_batch", "enrolment_batch_line", "enrolment_batch_end",
            "reissue_attempt",
        ),
        events=("enrolment.*", "batch.*", "decision.refused", "mail.*", "double.*", "certificate.confirmed",
                "certificate.confirmation-refused", "certificate.abandoned", "certificate.revoked", "certificate.held",
                "person.revoked", "revocation.refused", "release.ordered", "ending.requested", "ending.told",
                "ending.closed", "revocation-code.*", "key.*", "replacement.*", "allowance.*",
                "reissue.attempt-failed"),
    ),
    Role(
        "holder",  # The page on which a holder ends what is his own: it listens, so it may do only what errs safely.
        inserts=("revocation", "hold", "cutoff", "key_block", "sign_in_proof", "ending_request", "ending_request_end",
                 "outbox_message"),
        events=("certificate.revoked", "certificate.held", "ending.told", "revocation.refused"),
    ),
    Role(
        "machines",  # It listens to machines: it asks under what was allowed, and can neither allow nor decide.
        inserts=("key_use", "enrolment", "enrolment_scope", "agreement", "carried_evidence", "machine_request",
                 "allowance_secret_end", "acme_account", "acme_account_terms", "acme_account_key", "acme_account_end",
                 "acme_order", "acme_authorization", "acme_authorization_end", "acme_challenge_ready",
                 "acme_finalization", "replay_mark", "machine_transaction", "machine_ending", "machine_acceptance"),
        events=("machine.requested", "machine.refused", "machine.accepted", "machine.ending-asked",
                "acme.account-made", "acme.terms-agreed", "acme.key-changed", "acme.account-ended", "acme.ordered",
                "acme.challenge-answered", "acme.authorization-ended", "acme.refused"),
        personal=False,
    ),
    Role(
        "validate",  # It listens to nothing: whether a challenge is met is not for a process that listens to say.
        inserts=("acme_validation",),
        events=("acme.validated",),
        personal=False,
    ),
    Role(
        "issue",
        # Releases too: a process that listens could bring back what an officer paused.
        inserts=("intent", "certificate", "revocation", "key_block", "dishonoured_decision", "enrolment_end", "crl",
                 "hold_release", "release_order_end", "ending_request", "ending_request_end", "outbox_message",
                 "machine_ending_end", "cutoff", "desk_revocation_end"),
        events=("decision.dishonoured", "enrolment.ended", "certificate.intended", "certificate.issued",
                "certificate.intended-many", "certificate.issued-many",
                "certificate.abandoned", "crl.published", "certificate.released", "release.dishonoured",
                "hold.expired", "certificate.superseded", "reissue.replaced", "machine.ended",
                 "machine.ending-dishonoured", "acme.revoked", "key.factor-shared", "certificate.revoked",
                 "ending.told", "ending.answered", "desk.certificate-revoked", "desk.revoked"),
    ),
    Role(
        "ceremony",
        # The first duties and the first desk too, since nobody could approve them yet; all others come by `govern`.
        inserts=("issuer", "key_use", "intent", "certificate", "revocation", "crl", "duty", "desk", "desk_term",
                 "issuer_start", "issuer_request", "issuer_import", "outside_certificate", "authority_record",
                 "authority_record_act", "authority_withdrawal", "statement_version", "statement_approval",
                 "ceremony_run", "ceremony_approval", "ceremony_line", "ceremony_signature", "key_destruction", *_LOG),
        events=("ceremony.*", "authority.*", "statement.*", "certificate.intended", "certificate.issued",
                "certificate.abandoned", "crl.published"),
    ),
    Role(
        "govern",
        # Listens to nothing: who decides, where and by which numbers is not for a process that listens.
        # It ends certificates of CAs too, since no officer does that alone.
        inserts=("change", "change_approval", "change_end", "configuration_version", "duty", "duty_end", "desk",
                 "desk_term", "foreign_ca", "foreign_ca_term", "allowance", "allowance_end", "reissue",
                 "reissue_switch", "issuance_switch", "preapproval", "preapproval_end", "revocation", "key_block",
                 "desk_revocation"),
        events=("change.*", "reissue.halted", "reissue.resumed", "issuance.*"),
    ),
    Role(
        "close",  # The verbs that end an issuer; they listen to nothing.
        inserts=("closing", "closing_act", "issuer_end", "issuer_archive", "revocation", "key_block",
                 "outbox_message"),
        events=("closing.*",),
    ),
    Role(
        "purge",  # The verbs of retention; they listen to nothing. Nobody else may take a row away.
        inserts=("erasure_order", "records_hold", "records_release"),
        deletes=("evidence_number", "evidence_scan", "pushed_request", "device_request", "backchannel_request"),
        events=("ledger.purged", "erasure.*", "records.*"),
    ),
    Role(
        "idp",
        inserts=(
            "client", "client_retirement", "account", "account_end", "account_unlock", "authenticator",
            "management_proof", "attempt", "flood_mark", "authorization_request", "proof", "session",
            "authentication", "session_end", "consent",
            "subject", "grant", "grant_end", "authorization_code", "code_use", "refresh_token", "outbox_message",
            "replay_mark", "pushed_request", "pushed_request_use", "self_description",
            "token_key", "token_key_start", "token_key_end",
            "invitation", "invitation_end", "invitation_use", "client_version", "client_agreement", "consent_version",
            "device_request", "device_answer", "device_use",
            "backchannel_request", "backchannel_answer", "backchannel_use",
            "service_call", "service_call_end", "exchange", "exchange_end", "grant_details",
        ),
        events=("client.*", "account.*", "management.*", "sign-in.*", "consent.*", "session.*", "code.*", "token.*",
                "token-key.*", "grant.*", "device.*", "backchannel.*"),
    ),
    Role("ocsp", personal=False),
    Role("tsa", inserts=("time_stamp",), events=("timestamp.*",), personal=False),
    Role("validation", inserts=("validation",), events=("validation.*",)),
    Role("register", personal=False),
    Role(
        "import",  # The register's verbs. Its web process listens, so that one writes nothing.
        inserts=(
            "organisation", "organisation_detail", "succession", "person", "person_detail", "post", "appointment",
            "appointment_term", "mandate", "mandate_term", "register_import", "register_import_proof",
        ),
        events=("register.*",),
    ),
    Role("audit"),
    Role("seal", inserts=_LOG, events=("log.*",), personal=False),
    Role(
        "work",
        inserts=("outbox_attempt", "outbox_delivery", "outbox_retry", "outbox_message", "ending_request_step",
                 "expiry_notice", "reissue_member", "reissue_listing", "reissue_wave", "reissue_notice",
                 "reissue_end", "agreement_notice", "token_key", "token_key_start", "token_key_end"),
        deletes=("replay_mark",),
        events=("token-key.changed",
                "outbox.*", "process.*", "ending.overdue", "ending.told", "certificate.expiry-told",
                "client.agreement-end-told",
                "reissue.members-listed", "reissue.listed", "reissue.wave-opened", "reissue.told", "reissue.finished"),
    ),
)

ONLY_READ_BY = {"authenticator": ("idp", "audit")}
"""Tables that not even every role that reads persons may read: password strings and sealed secrets."""

OWNERS_TABLES, OWNERS_EVENTS = ("incarnation",), ("ledger.*",)
"""What restore and migration write, as the owner of the database, whom no process uses."""

_TIMEOUTS = {
    "statement_timeout": "15s",
    "idle_in_transaction_session_timeout": "5s",
    "idle_session_timeout": "1h",
    "lock_timeout": "10s",
}
"""One idle transaction stops the sealer's horizon, so no role may have one for longer than seconds."""


def apply_roles(connection: Connection) -> None:
    """Every role exists and may do what `ROLES` says, no more. Does nothing on SQLite, which has no roles."""
    if connection.dialect.name != "postgresql":
        return
    _run(connection, _OWNS)
    _run(connection, _may_record())
    _run(connection, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
    _run(connection, f'REVOKE ALL ON DATABASE "{connection.engine.url.database}" FROM PUBLIC')
    for role in ROLES:
        _make(connection, role)
        _grant(connection, role)


def tables_read_by(role: Role) -> list[str]:
    """The tables whose rows a role may read, in the order of their names."""
    personal = {str(mapper.local_table) for mapper in Base.registry.mappers if issubclass(mapper.class_, Personal)}
    hidden = set() if role.personal else personal - set(role.inserts)
    hidden |= {table for table, readers in ONLY_READ_BY.items() if role.process not in readers}
    return sorted(set(Base.metadata.tables) - hidden)


def _make(connection: Connection, role: Role) -> None:
    there = connection.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": role.name}).first()
    if there is None:
        _run(connection, f"CREATE ROLE {role.name} LOGIN NOINHERIT")
        for setting, value in _TIMEOUTS.items():
            _run(connection, f"ALTER ROLE {role.name} SET {setting} = '{value}'")


def _grant(connection: Connection, role: Role) -> None:
    _run(connection, f'GRANT CONNECT ON DATABASE "{connection.engine.url.database}" TO {role.name}')
    _run(connection, f"GRANT USAGE ON SCHEMA public TO {role.name}")
    _run(connection, f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role.name}")
    _run(connection, f"GRANT SELECT ON {_listed(tables_read_by(role))} TO {role.name}")
    written = role.inserts + (("entry",) if role.events else ())
    if written:
        _run(connection, f"GRANT INSERT ON {_listed(written)} TO {role.name}")
    if role.deletes:
        _run(connection, f"GRANT DELETE ON {_listed(role.deletes)} TO {role.name}")
    if role.events:
        _run(connection, f"GRANT USAGE ON SEQUENCE entry_position_seq TO {role.name}")


def _listed(tables: list[str] | tuple[str, ...]) -> str:
    return ", ".join(f'public."{table}"' for table in tables)


_OWNS = """
CREATE OR REPLACE FUNCTION public.laotrust_owns(role name) RETURNS boolean LANGUAGE sql STABLE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT role = pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'public.entry'::regclass $$"""
"""Whether the role owns the entries."""


def _may_record() -> str:
    """The function that the entry's trigger asks. The owner may record anything: he could drop the trigger too.

    It has no subquery, so that PostgreSQL puts its body in the place of the call, which costs a tenth.
    """
    lines = [f"WHEN '{role.name}' THEN {_condition(role)}" for role in ROLES]
    return (
        "CREATE OR REPLACE FUNCTION laotrust_may_record(role name, kind text) RETURNS boolean LANGUAGE sql STABLE "
        f"AS $$ SELECT CASE role::text {' '.join(lines)} ELSE public.laotrust_owns(role) END $$"
    )


def _condition(role: Role) -> str:
    exact = [f"kind = '{own}'" for own in role.events if not own.endswith("*")]
    begun = [f"starts_with(kind, '{own[:-1]}')" for own in role.events if own.endswith("*")]
    return f"({' OR '.join(exact + begun) or 'false'})"


def _run(connection: Connection, statement: str) -> None:
    connection.execute(text(statement))
