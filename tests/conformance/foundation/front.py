"""nginx before the suite: two ports with TLS, on the second of which clients show certificates."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SERVER = """
  server {
    listen 127.0.0.1:%(port)s ssl; server_name localhost; ssl_verify_client %(certificates)s;
    location / { proxy_pass %(suite)s; }
  }"""
_CONFIGURATION = """
worker_processes 1; pid %(folder)s/nginx.pid; error_log %(folder)s/nginx.log warn;
events { worker_connections 512; }
http {
  access_log off; ssl_protocols TLSv1.2 TLSv1.3;
  client_body_temp_path %(folder)s/1; proxy_temp_path %(folder)s/2; fastcgi_temp_path %(folder)s/3;
  uwsgi_temp_path %(folder)s/4; scgi_temp_path %(folder)s/5;
  ssl_certificate %(certificate)s; ssl_certificate_key %(key)s; ssl_password_file %(passphrase)s;
  client_header_buffer_size 32k; large_client_header_buffers 4 32k; proxy_read_timeout 120s;
  client_max_body_size 16m; client_body_buffer_size 16m; proxy_max_temp_file_size 0;
  proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_set_header X-Forwarded-Proto $scheme; proxy_set_header X-Forwarded-Host $host;
  proxy_set_header X-Forwarded-Port $server_port; proxy_set_header X-Forwarded-Uri $request_uri;
  proxy_set_header X-Ssl-Cipher $ssl_cipher; proxy_set_header X-Ssl-Protocol $ssl_protocol;
  proxy_set_header X-Ssl-Cert $ssl_client_cert;%(servers)s
}
"""


@contextmanager
def front(folder: Path, suite: str, tls: tuple[Path, Path, Path], ports: tuple[int, int]) -> Iterator[None]:
    """While it lasts the suite, in plain HTTP at `suite`, is at https://localhost on both ports.

    `tls` are certificate, key and the file of its passphrase; `folder` is for nginx alone.
    """
    servers = "".join(
        _SERVER % {"port": port, "suite": suite, "certificates": certificates}
        for port, certificates in zip(ports, ("off", "optional_no_ca"), strict=True)
    )
    names = dict(zip(("certificate", "key", "passphrase"), (str(path.resolve()) for path in tls), strict=True))
    configuration = folder / "nginx.conf"
    configuration.write_text(_CONFIGURATION % (names | {"folder": str(folder.resolve()), "servers": servers}))
    command = ["nginx", "-c", str(configuration.resolve()), "-g", "daemon off;"]
    with subprocess.Popen(command) as nginx:
        try:
            yield
        finally:
            nginx.terminate()
