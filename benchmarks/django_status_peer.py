# mypy: ignore-errors
"""django-ca's OCSP view over certificates of its own, as WSGI; runs in an environment that has it, and gunicorn.

`python django_status_peer.py FOLDER COUNT` makes them and the questions, and prints the path of the view.
"""

import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django_peer
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.ocsp import OCSPRequestBuilder


def prepare(folder: Path, count: int) -> str:
    """A CA with a responder key and so many certificates; in `questions/POST` one asks about each."""
    issuer, using = django_peer.made_ca(folder)
    from django_ca.models import Certificate  # noqa: PLC0415 - after Django is set up

    issuer.generate_ocsp_key(using)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Somphone Vongsa")])
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, SHA256())
    above, written = issuer.pub.loaded, []
    until = datetime.now(UTC) + timedelta(days=365)  # noqa: TID251 - outside of what is ours
    for _ in range(count):
        made = Certificate.objects.create_cert(issuer, using, request, subject=name, not_after=until)
        asked = OCSPRequestBuilder().add_certificate(made.pub.loaded, above, SHA256()).build()
        asked = asked.public_bytes(Encoding.DER)
        written.append(len(asked).to_bytes(2, "big") + asked)
    (folder / "questions").mkdir()
    (folder / "questions/POST").write_bytes(b"".join(written))
    return f"/django_ca/ocsp/{issuer.serial}/cert/"


def application(environ, start_response):
    """The view, as a project of django-ca's has it."""
    return _wsgi()(environ, start_response)


def _wsgi(made=[]):  # noqa: B006 - made once in each process
    if not made:
        django_peer.set_up(Path(os.environ["PEER_FOLDER"]))
        from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 - after Django is set up

        made.append(get_wsgi_application())
    return made[0]


if __name__ == "__main__":
    sys.stdout.write(f"{prepare(Path(sys.argv[1]), int(sys.argv[2]))}\n")
