"""What services may ask for."""

SCOPES = ("openid", "profile", "email", "phone", "address", "organisation")


def common(scope: str, other: str) -> str:
    """What is in both, in the order of the first."""
    return " ".join(one for one in scope.split() if one in other.split())
