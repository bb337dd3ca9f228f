"""Letters leave by SMTP (RFC 5321): one connection a letter, always under TLS but to this machine itself.

What the server said decides: 2xx it has it, 5xx it never will, all else is tried again. Who is cut off in the middle
cannot know, so the letter may go twice; its Message-ID says that it is one.
"""

import smtplib
import ssl
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import SMTP
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from ledger.outbox import Answer, OutboxMessage
from web.mail import addressable

SECONDS = 20.0
"""That a server may take for each step."""
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class MailUnfit(ValueError):
    """The address of the mail server is wrong; the sentence says what to do."""


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed in: `smtps://user@host:465` (TLS at once) or `smtp://user@host:587` (STARTTLS)."""

    host: str
    port: int
    tls_at_once: bool
    user: str | None = None
    password_file: Path | None = None
    authorities: Path | None = None
    """PEM bundle that signs the server's certificate; without it the machine's own."""

    @classmethod
    def parse(cls, url: str, password_file: Path | None = None, authorities: Path | None = None) -> Self:
        """The server that a URL names. Raises MailUnfit."""
        parts = urlsplit(url)
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
            raise MailUnfit("LAOTRUST_SMTP must be smtp://[user@]host[:port] or smtps://[user@]host[:port]")
        if parts.password is not None:
            raise MailUnfit("LAOTRUST_SMTP holds a password: put it into the file LAOTRUST_SMTP_PASSWORD_FILE names")
        if bool(parts.username) != (password_file is not None):
            raise MailUnfit("LAOTRUST_SMTP needs a user and LAOTRUST_SMTP_PASSWORD_FILE, or neither of the two")
        at_once = parts.scheme == "smtps"
        user = unquote(parts.username) if parts.username else None
        return cls(parts.hostname, parts.port or (465 if at_once else 587), at_once, user, password_file, authorities)

    def send(self, message: OutboxMessage) -> Answer:
        """One try. `smtp.NNN` is what the server answered; `smtp.cut-off` that it went away.

        To what is no plain address, `mail.malformed`, nothing is ever sent: it might hold lines of its own.
        """
        to = message.url.removeprefix("mailto:")
        if not addressable(to):
            return Answer("mail.malformed", final=True)
        return self._tried(message, to)

    def _tried(self, message: OutboxMessage, to: str) -> Answer:
        try:
            with self._connection() as server:
                self._prepare(server)
                mail = message_from_bytes(bytes(message.body), policy=SMTP)
                server.send_message(mail, str(mail["From"]), [to])
        except smtplib.SMTPRecipientsRefused as refused:
            [(code, _)] = refused.recipients.values()
            return _answer(code)
        except smtplib.SMTPResponseException as refused:
            return _answer(refused.smtp_code)
        except smtplib.SMTPNotSupportedError:
            return Answer("smtp.no-tls")
        except (smtplib.SMTPException, ssl.SSLError):
            return Answer("smtp.cut-off")
        except OSError:
            return Answer("unreachable")
        return Answer("delivered", taken=True)

    def _connection(self) -> smtplib.SMTP:
        if self.tls_at_once:
            return smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=self._context())
        return smtplib.SMTP(self.host, self.port, timeout=SECONDS)

    def _prepare(self, server: smtplib.SMTP) -> None:
        if not self.tls_at_once and (self.host not in _LOOPBACK or self.authorities is not None):
            server.starttls(context=self._context())
        if self.user is not None and self.password_file is not None:
            server.login(self.user, self.password_file.read_text().rstrip("\n"))

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.authorities) if self.authorities else None)


def _answer(code: int) -> Answer:
    """A server that hangs up while we speak says -1."""
    if code < 200:
        return Answer("smtp.cut-off")
    return Answer(f"smtp.{code}", final=500 <= code < 600 and code not in {530, 534, 535})
