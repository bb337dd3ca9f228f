"""Where a key is, for those who agree to a plan."""


def shown(where: str) -> str:
    """A key's URI without where its PIN or passphrase is, and with all else."""
    path, _, query = where.partition("?")
    rest = [one for one in query.split("&") if one and one.partition("=")[0] not in ("pin-source", "passphrase-source")]
    return f"{path}?{'&'.join(rest)}" if rest else path


def in_brackets(where: str) -> str:
    """The same behind other words; nothing where the plan leaves the place to the machine."""
    return f" ({shown(where)})" if where else ""
