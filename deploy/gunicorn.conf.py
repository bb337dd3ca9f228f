# ruff: noqa: INP001, E402
"""One gunicorn configuration for every house: `LAOTRUST_PROCESS` says which of `web.home.PORTS` this is.

    LAOTRUST_PROCESS=idp python -m gunicorn --no-control-socket -c deploy/gunicorn.conf.py 'idp.app:create_app()'

TLS keys stay encrypted on disk and OpenSSL itself opens them, with the passphrase from the file beside them.
`idp-mtls` asks for a client certificate and takes only those under our own roots; it is a port of its own, so
that nobody without a certificate is ever prompted; `machines` takes one where a machine has it. `idp-clients-mtls` is
for services: besides ours it takes each certificate that a service registered itself, and never one of a CA. After a
renewal SIGHUP brings up workers with the new one.
"""

import gc
import os
import sys
from contextlib import suppress
from ctypes import CDLL
from functools import cache, lru_cache
from pathlib import Path
from re import fullmatch
from ssl import CERT_NONE, CERT_OPTIONAL, PROTOCOL_TLS_SERVER, SSLContext, TLSVersion
from time import monotonic

gc.disable()  # While a house is loaded nothing is thrown away: looking for it takes a fifth of the start.

from sqlalchemy.exc import DBAPIError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from idp.trusted import registered_certificates, trust
from ledger.clock import SystemClock, system_randomness
from ledger.ledger import Ledger, LedgerUnavailable
from web.home import PORTS
from web.presence import Presence
from web.release import RELEASE
from web.settings import HouseSettings, SettingsUnfit

_PLAIN = {"ca", "ocsp", "tsa", "machines-http"}
"""Relying software expects these by plain http; everything they serve is signed."""
_CHAIN = ("services",)
_CLIENT_ISSUERS = {"idp-mtls": ("root", "officers", "citizens", "services"), "machines": ("root", "services"),
                   "idp-clients-mtls": ("root", "services")}
"""Of processes that ask for a client's certificate: under which issuers one is taken."""

_SAMPLES = ("edocument", "estaff")
"""Services of others: what becomes of them is not our ledger's business."""

_process = os.environ.get("LAOTRUST_PROCESS", "")
if _process not in PORTS:
    sys.exit(str(SettingsUnfit([f"LAOTRUST_PROCESS is {_process!r}: set it to one of {', '.join(PORTS)}"])))
_house = _process.removesuffix("-mtls").removesuffix("-clients")
try:
    _settings = HouseSettings.from_environment(os.environ, _house, _process)
except SettingsUnfit as unfit:
    sys.exit(f"{_process} ເລີ່ມບໍ່ໄດ້ / does not start:\n{unfit}")

proc_name = f"laotrust-{_process}"
bind = f"{_settings.bind}:{_settings.port}"
control_socket_disable = True

# One process of several threads: its counters at /metrics are then the whole truth. Scale out by more processes
# on other machines, or set LAOTRUST_WORKERS and sum the figures in Prometheus.
_LOOPS = {
    "ocsp": "ocsp.worker.StatusWorker",
    "idp": "web.loop_worker.LoopWorker",
    "machines-http": "web.loop_worker.LoopWorker",
}
worker_class = _LOOPS.get(_process, "web.worker.PunctualWorker")
workers = int(os.environ.get("LAOTRUST_WORKERS", "1"))
threads = int(os.environ.get("LAOTRUST_THREADS", "8"))
preload_app = False
"""Engines, sockets and followers are made after the fork."""

timeout = 30
graceful_timeout = 10
keepalive = 5
backlog = 512
limit_request_line = 8190
limit_request_fields = 64
limit_request_field_size = 8190
forwarded_allow_ips = ""
"""No X-Forwarded-… header of anybody is believed; the issuer is a setting."""

accesslog = None
"""The application writes a line a request itself, without addresses, queries or names."""
logconfig_dict = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "web.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
    "root": {"level": "WARNING", "handlers": ["stderr"]},
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["stderr"], "propagate": False}},
}

if _process not in _PLAIN:
    _name = f"tls-{_house}"
    certfile = str(_settings.home.certificate(_name))
    keyfile = str(_settings.home.key(_name))
    cert_reqs = CERT_OPTIONAL if _process in _CLIENT_ISSUERS else CERT_NONE


@cache
def _own_ledger() -> Ledger:
    return Ledger(_settings.database_url, SystemClock(), system_randomness, RELEASE, _process)


_looked: list[tuple[float, tuple[bytes, ...]]] = []
"""When this worker looked for certificates of services, and what it found."""


def _registered() -> tuple[bytes, ...]:
    """What services registered themselves, as it was a second ago at most; as before while the database is away."""
    if _process != "idp-clients-mtls":
        return ()
    if not _looked or monotonic() - _looked[-1][0] > 1:
        with suppress(LedgerUnavailable, DBAPIError):
            _looked[:] = [(monotonic(), registered_certificates(_own_ledger()))]
    return _looked[-1][1] if _looked else ()


@lru_cache(maxsize=2)
def _context(registered: tuple[bytes, ...] = ()) -> SSLContext:
    passphrase = Path(keyfile).with_suffix("").with_suffix(".pass")
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.minimum_version = TLSVersion.TLSv1_2
    context.load_cert_chain(certfile, keyfile, password=passphrase.read_text().strip())
    by_rsa = _settings.home.certificate(f"{_name}-rsa")
    if by_rsa.exists():
        own = _settings.home.key(by_rsa.stem)
        context.load_cert_chain(by_rsa, own, password=own.with_suffix("").with_suffix(".pass").read_text().strip())
    # Of TLS 1.2 what RFC 9325 clause 4.2 advises, and FAPI 2.0 clause 5.2.1 demands; with a certificate for an RSA key
    # what FAPI 1.0 clause 8.5 allows. In TLS 1.3 the client says which of both it would rather see.
    context.set_ciphers("ECDHE+aRSA+AESGCM" if by_rsa.exists() else "ECDHE+AESGCM")
    # OpenSSL sends what it finds here between our certificate and the root, so that a client needs the root alone.
    for issuer in _CLIENT_ISSUERS.get(_process, _CHAIN):
        # Each generation: `officers`, `officers-2` …
        for file in sorted(_settings.home.certificate(issuer).parent.glob(f"{issuer}*.pem")):
            if fullmatch(rf"{issuer}(-[0-9]+)?", file.stem):
                context.load_verify_locations(cafile=str(file))
    trust(context, registered)
    context.verify_mode = cert_reqs
    return context


def ssl_context(_config, _default_factory):  # type: ignore[no-untyped-def]
    """The TLS context, opened once a worker and set of certificates: gunicorn asks for it at every connection."""
    return _context(_registered())


_ARENAS = -8
"""M_ARENA_MAX of mallopt(3): by default each thread begins a heap of its own."""
_presence = None if _process in _SAMPLES else Presence(_settings.home, _process, SystemClock())


def on_starting(_server):  # type: ignore[no-untyped-def]
    """A kill of the process before this one comes to light."""
    if _presence:
        _presence.begin()


def when_ready(_server):  # type: ignore[no-untyped-def]
    """The master throws away again what it no longer needs."""
    gc.enable()


def pre_fork(_server, _worker):  # type: ignore[no-untyped-def]
    """What is loaded already stays where it is, so that workers share it, and frees memory in few places."""
    gc.freeze()
    with suppress(OSError, AttributeError):  # of another C library
        CDLL(None).mallopt(_ARENAS, 2)


def post_fork(_server, _worker):  # type: ignore[no-untyped-def]
    """In the worker, which loads its application now."""
    gc.disable()


def post_worker_init(_worker):  # type: ignore[no-untyped-def]
    """A key or passphrase that does not open stops the process now, not at the first connection.

    The application itself is not looked through again and again for what could be thrown away.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    if _process not in _PLAIN:
        _context()
    if _presence:
        _presence.join()


def worker_exit(_server, _worker):  # type: ignore[no-untyped-def]
    """In the worker, which ends as it should."""
    if _presence:
        _presence.end()


def child_exit(_server, worker):  # type: ignore[no-untyped-def]
    """In the master: a worker that was killed comes to light now, since the master starts another by itself."""
    if _presence:
        _presence.ended(worker.pid)


def on_exit(_server):  # type: ignore[no-untyped-def]
    """The master ends as it should."""
    if _presence:
        _presence.end()
