"""The provider as it ships, but for the password's hash: in a process of the benchmark's own, and nowhere else.

    gunicorn -c deploy/gunicorn.conf.py 'benchmarks.idp_without_hash:create_app()'

Argon2 takes 17 ms of a core by design, whatever is around it; what is measured here is all that is around it.
"""

import hmac

from flask import Flask

from idp import app as house
from idp.factors import password as factor


def _is_right(password: str, verifier: bytes | None) -> bool:
    """The double: what is kept is the password itself."""
    return verifier is not None and hmac.compare_digest(password.encode(), verifier)


def create_app() -> Flask:
    """The provider's application, with the double in place of `idp.factors.password.is_right`."""
    factor.is_right = _is_right
    return house.create_app()
