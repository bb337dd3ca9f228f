"""The certification plans, with the variant in which each is run and the clients that the suite plays in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

_CODE = {"response_type": "code"}
_STATIC = {"client_registration": "static_client"}
_DYNAMIC = {"client_registration": "dynamic_client"}
_DISCOVERED = {"server_metadata": "discovery"}
_FAPI2 = {
    "client_auth_type": "private_key_jwt", "authorization_request_type": "simple", "openid": "openid_connect",
    "fapi_profile": "plain_fapi",
}  # fmt: skip
_SIGNED = {"fapi_request_method": "signed_non_repudiation", "fapi_response_mode": "jarm"}
_CIBA = {"client_auth_type": "private_key_jwt", "fapi_ciba_profile": "plain_fapi", **_STATIC}


@dataclass(frozen=True)
class Plan:
    """A plan by the suite's name for it. `clients` are names in `clients.WANTED`; none means that it registers them."""

    name: str
    variant: Mapping[str, str] = field(default_factory=dict)
    clients: tuple[str, ...] = ()

    @property
    def strict(self) -> bool:
        """Whether its clients have keys, and configuration says which (FAPI)."""
        return self.name.startswith("fapi")


PLANS: Mapping[str, Plan] = {
    "config": Plan("oidcc-config-certification-test-plan"),
    "basic": Plan("oidcc-basic-certification-test-plan", _DISCOVERED | _STATIC, ("standard-1", "standard-2")),
    "basic-dynamic": Plan("oidcc-basic-certification-test-plan", _DISCOVERED | _DYNAMIC),
    "form-post": Plan(
        "oidcc-formpost-basic-certification-test-plan", _DISCOVERED | _STATIC, ("standard-1", "standard-2")
    ),
    "dynamic": Plan("oidcc-dynamic-certification-test-plan", _CODE),
    "third-party": Plan("oidcc-3rdparty-init-login-certification-test-plan", _CODE),
    "rp-initiated": Plan(
        "oidcc-rp-initiated-logout-certification-test-plan", _CODE | _STATIC, ("standard-1", "standard-2")
    ),
    "back-channel": Plan(
        "oidcc-backchannel-rp-initiated-logout-certification-test-plan", _CODE | _STATIC, ("told-1", "standard-2")
    ),
    "front-channel": Plan(
        "oidcc-frontchannel-rp-initiated-logout-certification-test-plan", _CODE | _STATIC, ("framed-1", "standard-2")
    ),
    "fapi2": Plan("fapi2-security-profile-final-test-plan", _FAPI2 | {"sender_constrain": "dpop"}, ("ec-1", "ec-2")),
    "fapi2-mtls": Plan(
        "fapi2-security-profile-final-test-plan", _FAPI2 | {"sender_constrain": "mtls"}, ("rsa-1", "rsa-2")
    ),
    "fapi2-signing": Plan(
        "fapi2-message-signing-final-test-plan", _FAPI2 | _SIGNED | {"sender_constrain": "dpop"}, ("sign-1", "sign-2")
    ),
    "ciba-poll": Plan("fapi-ciba-id1-test-plan", _CIBA | {"ciba_mode": "poll"}, ("poll-1", "poll-2")),
    "ciba-ping": Plan("fapi-ciba-id1-test-plan", _CIBA | {"ciba_mode": "ping"}, ("ping-1", "ping-2")),
}
