"""The responder as it ships, and what it is measured beside: nginx with one static file, CFSSL, `openssl ocsp`."""

import os
import signal
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep

import requests
from cryptography.x509.ocsp import OCSPCertStatus, load_der_ocsp_response

from benchmarks.ocsp_population import Population
from tests.issuing import KeySigner, pem
from web.home import Home

DJANGO_CA = Path("var/django-ca/bin/python")
"""An environment with django-ca and gunicorn: `python -m venv var/django-ca`, pip install django-ca gunicorn."""
PEERS_COUNT = 200
_HERE = Path(__file__).parent.resolve()
_NGINX = """
daemon off; worker_processes {processes}; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; keepalive_requests 1000000000; open_file_cache max=10; default_type application/ocsp-response;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; root {folder}; error_page 405 =200 $uri;
    location / {{ try_files /answer.der =404; }}
  }}
}}
"""


@contextmanager
def ours(population: Population, workers: int = 2) -> Iterator[float]:
    """Gunicorn with our workers, everything on; gives the seconds until all were ready."""
    with serving(population.home, population.url, workers) as seconds:
        yield seconds


@contextmanager
def serving(home: Home, database_url: str, workers: int = 2, process: str = "ocsp") -> Iterator[float]:
    """As `ours`, of any practice home, and another house if need be."""
    own = {
        "LAOTRUST_HOME": str(home.path),
        "LAOTRUST_MODE": "practice",
        "LAOTRUST_DATABASE_URL": database_url,
        "LAOTRUST_PROCESS": process,
        "LAOTRUST_WORKERS": str(workers),
    }
    command = [sys.executable, "-m", "gunicorn", "--no-control-socket", "-c", "deploy/gunicorn.conf.py"]
    began = monotonic()
    with running([*command, f"{process}.app:create_app()"], {**os.environ, **own}):
        wait_for_answer(f"{home.url(process)}/{'readyz' if process == 'ocsp' else 'healthz'}")
        yield monotonic() - began


@contextmanager
def nginx(folder: Path, answer: bytes, processes: int = 2) -> Iterator[int]:
    """Gives `answer` to whatever is asked, from nginx's open-file cache; the port."""
    port = free_port()
    (folder / "answer.der").write_bytes(answer)
    (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port, processes=processes))
    folder.chmod(0o755)
    with running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], dict(os.environ)):
        wait_for_answer(f"http://127.0.0.1:{port}/")
        yield port


@contextmanager
def cfssl(folder: Path, answers: Iterable[bytes]) -> Iterator[int]:
    """CFSSL gives these answers, which were signed before; the port."""
    port = free_port()
    (folder / "answers").write_text("\n".join(b64encode(answer).decode() for answer in answers) + "\n")
    command = ["cfssl", "ocspserve", f"-port={port}", f"-responses={folder / 'answers'}", "-loglevel=5"]
    with running(command, dict(os.environ)):
        wait_for_answer(f"http://127.0.0.1:{port}/")
        yield port


@contextmanager
def openssl(folder: Path, population: Population, certificates: int) -> Iterator[int]:
    """`openssl ocsp` as a server of two processes, which signs each answer; the port.

    One connection that is opened and closed empty makes a process of it spin for ever, so it lives for one measurement.
    """
    port = free_port()
    responder = KeySigner()
    issuer = population.issuer.issuer
    numbers = (serial.to_bytes(12, "big").hex().upper() for serial in population.serials[:certificates])
    index = (f"V\t360101000000Z\t\t{number}\tunknown\t/CN={number}\n" for number in numbers)
    (folder / "index.txt").write_text("".join(index))
    (folder / "ca.pem").write_bytes(pem(issuer.certificate))
    (folder / "responder.pem").write_bytes(pem(issuer.responder(responder, 9)))
    (folder / "responder.key").write_bytes(responder.pem)
    files = ["-index", "index.txt", "-CA", "ca.pem", "-rsigner", "responder.pem", "-rkey", "responder.key"]
    with running(["openssl", "ocsp", "-port", str(port), *files, "-multi", "2", "-ignore_err"], None, folder):
        wait_for_answer(f"http://127.0.0.1:{port}/", population.request(0))
        yield port


@contextmanager
def django_ca(folder: Path) -> Iterator[tuple[str, Path]]:
    """django-ca under gunicorn, two processes of four threads; the URL, and a folder of questions that it knows.

    Its rate does not depend on how many certificates there are, and making them takes it minutes.
    """
    port, environment = free_port(), {**os.environ, "PEER_FOLDER": str(folder)}
    script, python = _HERE / "django_status_peer.py", str(DJANGO_CA.absolute())
    done = subprocess.run(  # noqa: S603 - fixed words
        [python, str(script), str(folder), str(PEERS_COUNT)], capture_output=True, text=True, check=True
    )
    url = f"http://127.0.0.1:{port}{done.stdout.split()[-1]}"
    command = [python, "-m", "gunicorn", "--pythonpath", str(_HERE), "-b", f"127.0.0.1:{port}", "-w2", "--threads=4",
               "--no-control-socket", "django_status_peer:application"]  # fmt: skip
    with running(command, environment):
        written = (folder / "questions/POST").read_bytes()
        asked = written[2 : 2 + int.from_bytes(written[:2], "big")]
        wait_for_answer(url, asked)
        if (said := status_of(requests.post(url, data=asked, timeout=10).content)) is not OCSPCertStatus.GOOD:
            raise RuntimeError(f"django-ca says {said} of a certificate of its own")
        yield url, folder / "questions"


def status_of(body: bytes) -> OCSPCertStatus:
    """What an answer says of the certificate."""
    return load_der_ocsp_response(body).certificate_status


@contextmanager
def running(command: list[str], environment: dict[str, str] | None, folder: Path | None = None) -> Iterator[int]:
    """The command, ours word for word, until the block ends; its process' id.

    It heads a process group; `openssl ocsp` makes itself the head of one, and gives up if it is already.
    """
    process = subprocess.Popen(  # noqa: S603
        command, env=environment, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=command[0] != "openssl",
    )  # fmt: skip
    try:
        yield process.pid
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        with suppress(ProcessLookupError):  # children of `openssl ocsp` outlive it, and spin
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def wait_for_answer(url: str, body: bytes | None = None) -> None:
    """Returns as soon as there is an answer, whoever's certificate it comes under."""
    until = monotonic() + 120
    while monotonic() < until:
        try:
            method = "GET" if body is None else "POST"
            if requests.request(method, url, data=body, timeout=5, verify=False).status_code != 503:  # noqa: S501
                return
        except requests.RequestException:
            pass
        sleep(0.1)
    raise TimeoutError(f"{url} does not answer")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
