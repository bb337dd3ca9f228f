# mypy: ignore-errors
"""What django-ca does with the requests of a folder: runs in an environment that has it, and prints the seconds."""

import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django
from cryptography import x509
from django.conf import settings
from django.core.management import call_command
from django.urls import include, path

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Peer CA")])


def main(folder: Path, count: int) -> float:
    """Seconds that it takes to sign and store so many certificates."""
    issuer, using = made_ca(folder)
    from django_ca.models import Certificate  # noqa: PLC0415 - after Django is set up

    requests = [x509.load_der_x509_csr((folder / f"{place}.csr").read_bytes()) for place in range(count)]
    begun = time.perf_counter()
    for request in requests:
        Certificate.objects.create_cert(issuer, using, request, subject=request.subject)
    return time.perf_counter() - begun


def made_ca(folder: Path):
    """A CA of P-256 whose key and database are in the folder, and how its key is used."""
    set_up(folder)
    call_command("migrate", verbosity=0)
    from django_ca.key_backends import key_backends  # noqa: PLC0415 - after Django is set up
    from django_ca.key_backends.storages.models import (  # noqa: PLC0415
        StoragesCreatePrivateKeyOptions,
        StoragesUsePrivateKeyOptions,
    )
    from django_ca.models import CertificateAuthority  # noqa: PLC0415

    options = StoragesCreatePrivateKeyOptions(
        key_type="EC", password=None, path=Path("ca"), elliptic_curve="secp256r1"
    )
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3650)  # noqa: TID251 - outside of what is ours
    issuer = CertificateAuthority.objects.init(
        "peer", key_backends["default"], options, NAME, until, key_type="EC", default_hostname="ca.example"
    )
    return issuer, StoragesUsePrivateKeyOptions.model_validate({}, context={"ca": issuer})


def set_up(folder: Path) -> None:
    """Django has its settings."""
    settings.configure(
        SECRET_KEY="bench",  # noqa: S106 - of a database that is thrown away
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "peer.db")}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django_ca"],
        STORAGES={
            "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
            "django-ca": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(folder / "keys")},
            },
        },
        USE_TZ=True,
        CA_DEFAULT_HOSTNAME="ca.example",
    )
    django.setup()
    settings.ROOT_URLCONF = (path("django_ca/", include("django_ca.urls")),)


if __name__ == "__main__":
    sys.stdout.write(f"{main(Path(sys.argv[1]), int(sys.argv[2]))}\n")
