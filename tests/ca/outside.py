"""A throw-away outside root, by the `openssl` command: another hand than ours."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

SOUND = "basicConstraints=critical,CA:TRUE{length}\nkeyUsage=critical,keyCertSign,cRLSign\n"
_CONFIGURATION = """[ca]
default_ca=outside
[outside]
database=index.txt
new_certs_dir=.
rand_serial=yes
policy=anything
preserve=yes
copy_extensions=copy
email_in_dn=no
unique_subject=no
default_md=sha384
[anything]
countryName=optional
organizationName=optional
commonName=supplied
[req]
distinguished_name=none
[none]
"""
BY_KEY = "authorityKeyIdentifier=keyid\n"
BEGAN, ENDS = "20200101000000Z", "20450101000000Z"


@dataclass(frozen=True)
class OutsideRoot:
    """A root in a folder of its own; `key` and `length` (`,pathlen:1`) in openssl's words."""

    folder: Path
    name: str = "National Root"
    key: tuple[str, ...] = ("EC", "-pkeyopt", "ec_paramgen_curve:P-384")
    length: str = ""
    ends: str = ENDS

    def made(self) -> "OutsideRoot":
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "ca.cnf").write_text(_CONFIGURATION)
        (self.folder / "bare.cnf").write_text(_CONFIGURATION.replace("copy_extensions=copy", "copy_extensions=none"))
        (self.folder / "index.txt").touch()
        self.openssl("genpkey", "-algorithm", *self.key, "-out", "root.key")
        subject = f"/C=LA/O=Ministry/CN={self.name}"
        self.openssl("req", "-config", "ca.cnf", "-new", "-key", "root.key", "-subj", subject, "-out", "root.csr")
        return self.certified()

    def certified(self) -> "OutsideRoot":
        """The root's certificate is made, or made again for the same name and key."""
        extensions = SOUND.format(length=self.length) + "subjectKeyIdentifier=hash\n"
        self._sign("root", extensions, "-selfsign", sections=BY_KEY)
        return self

    @property
    def certificate(self) -> Path:
        return self.folder / "root.pem"

    def answer(
        self, request: bytes, *words: str, extensions: str = "", length: str = "", sections: str = "",
        authority: str = BY_KEY,
    ) -> bytes:  # fmt: skip
        """Its answer to a DER request, as `openssl ca` with these words makes it; PEM.

        What `extensions` do not say is copied from the request: without any it is what was asked for. With `-config
        bare.cnf` nothing is. `sections` are what extensions name by `@section` and the like, and `authority` is the
        line that says who signed.
        """
        (self.folder / "ours.der").write_bytes(request)
        self.openssl("req", "-inform", "DER", "-in", "ours.der", "-out", "ours.csr")
        wanted, sections = extensions.format(length=length), f"{authority}{sections}"
        self._sign("ours", wanted, "-cert", "root.pem", *words, sections=sections)
        return (self.folder / "ours.pem").read_bytes()

    def openssl(self, *words: str) -> str:
        """What the command says; it must succeed."""
        done = subprocess.run(
            ["openssl", *words], cwd=self.folder, capture_output=True, text=True, check=False, timeout=30
        )
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    def _sign(self, name: str, extensions: str, *words: str, sections: str = "") -> None:
        (self.folder / f"{name}.ext").write_text(f"{extensions}{sections}")
        dates = () if "-enddate" in words else ("-startdate", BEGAN, "-enddate", self.ends)
        self.openssl(
            "ca", "-batch", "-notext", "-config", "ca.cnf", "-keyfile", "root.key", "-in", f"{name}.csr",
            "-out", f"{name}.pem", "-extfile", f"{name}.ext", *dates, *words,
        )  # fmt: skip
