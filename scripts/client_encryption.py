"""What a service gets encrypted: the options for it."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from idp.encryption import ALGORITHMS, CONTENTS

_F = TypeVar("_F", bound=Callable[..., Any])
_WHAT = (("id-token", "identity", "Its ID tokens are"), ("userinfo", "userinfo", "Its userinfo is"),
         ("answer", "answer", "Its signed answers are"),
         ("introspection", "introspection", "What it reads of tokens is"))  # fmt: skip
OPTIONS = tuple(
    (f"--{option}-{part}", f"{field}_{part}") for option, field, _ in _WHAT for part in ("encryption", "content")
)
"""Each option with its field in `idp.declared.Declared`."""


def with_encryption(function: _F) -> _F:
    """Adds `--id-token-encryption`, `--userinfo-encryption`, `--answer-encryption`, and each with `-content`."""
    for option, field, said in reversed(_WHAT):
        content = f"How, with --{option}-encryption; default: {CONTENTS[0]}."
        names = (f"--{option}-encryption", f"{field}_encryption"), (f"--{option}-content", f"{field}_content")
        function = click.option(*names[1], type=click.Choice(CONTENTS), help=content)(function)
        function = click.option(
            *names[0], type=click.Choice(ALGORITHMS), help=f"{said} encrypted to a key of its, and so."
        )(function)
    return function
