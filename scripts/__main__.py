"""`python -m scripts VERB`: all verbs, grouped. A new verb is a file beside this one and a line here."""

import gc
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import click

VERBS = {
    "Ceremony": (
        "ceremony-plan", "ceremony-approve", "ceremony-run", "ceremony-sign", "ceremony-replay", "token-list",
        "ceremony-root", "ceremony-issuer", "ceremony-request", "ceremony-import", "ceremony-cross",
        "rollover", "issuer-list", "authority-record", "authority-withdraw", "terminate", "compromise",
        "archive-verify", "drill-terminate", "drill-compromise",
    ),
    "Register": ("register-plan", "register-apply", "sample-data"),
    "Certificates": (
        "profile-list", "profile-show", "enrol", "enrol-batch", "batch-verify", "enrolment-show",
        "enrolment-confirm", "double-clear", "scan-find", "mail-verify", "mail-confirm", "decide",
        "issue", "certificate-confirm", "certificate-show", "certificate-find", "renew",
        "rekey", "modify", "revoke", "suspend", "release", "crl-publish",
    ),
    "Reissue": (
        "reissue", "reissue-pause", "reissue-resume", "reissue-status", "reissue-report", "issuance-stop",
        "issuance-go", "drill-reissue",
    ),
    "Governance": (
        "configuration-show", "duty-list", "desk-list", "unproven-list", "change-plan", "change-approve",
        "change-refuse", "change-apply", "change-list", "foreign-ca-list", "foreign-ca-verify",
    ),
    "Machines": (
        "allowance-list", "allowance-show", "allowance-confirm", "allowance-accept", "allowance-secret",
    ),
    "Endings": (
        "revocation-code", "ending-list", "ending-close", "ending-proof", "key-report", "key-block",
        "key-audit",
    ),
    "Records": ("purge", "requests-forget", "records-hold", "records-release"),
    "Status far away": ("ocsp-export", "ocsp-mirror", "status-digest", "status-check"),
    "Statement": ("statement-plan", "statement-approve", "statement-publish"),
    "Sign-in": ("client-add", "client-list", "client-change", "client-retire", "client-agree",
                "client-invite", "client-uninvite",
                "call-allow", "call-end", "call-list",
                "account-add", "account-describe", "account-unlock", "account-code",
                "token-key-list", "token-key-announce", "token-key-use", "token-key-retire",
                "token-key-revoke"),
    "Ledger": ("ledger-seal", "ledger-verify", "ledger-prove", "checkpoint-verify"),
    "Signatures": ("sign", "verify"),
    "Operation": ("migrate", "work", "validate", "outbox-list", "outbox-retry", "health"),
}  # fmt: skip


class Verbs(click.Group):
    """Loads a verb's file only when it is asked for, so that help and one verb are quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the table."""
        return [name for names in VERBS.values() for name in names]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb of this name."""
        if cmd_name not in self.list_commands(ctx):
            return None
        identifier = cmd_name.replace("-", "_")
        with _undisturbed():
            command: click.Command = getattr(import_module(f"scripts.{identifier}"), identifier)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The verbs under their group's heading."""
        for group, names in VERBS.items():
            with formatter.section(group):
                found = ((name, self.get_command(ctx, name)) for name in names)
                formatter.write_dl([(name, verb.get_short_help_str(90)) for name, verb in found if verb])


@contextmanager
def _undisturbed() -> Iterator[None]:
    """What is loaded in the block stays; it is not looked through for what could be thrown away, then or later.

    That takes a fifth of a verb's start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@click.command(cls=Verbs)
def main() -> None:
    """The verbs of laotrust. `python -m scripts VERB --help` explains one, with an example."""


def run() -> None:
    """Runs the verb that the command line names; wrong usage is one JSON object too when `--json` is there."""
    try:
        main(prog_name="python -m scripts", standalone_mode=False)
    except click.UsageError as fault:
        if "--json" in sys.argv:
            told = {"error": "usage", "en": fault.format_message(), "lo": "ໃຊ້ຄຳສັ່ງບໍ່ຖືກ. ເບິ່ງ --help."}
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            fault.show()
        sys.exit(fault.exit_code)
    except click.Abort:
        sys.exit(1)


if __name__ == "__main__":
    run()
