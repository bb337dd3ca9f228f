"""What services may ask for."""

SCOPES = ("openid", "profile", "email", "phone", "address", "organisation")
