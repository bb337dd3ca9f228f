"""Settings of the validator: by which name CAA means us, and in practice where names of the demonstration are."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ca.machines.acme.hosts import Hosts, Place
from ca.machines.acme.identity import IDENTITY, caa_identity
from ca.machines.acme.message import ACCOUNT_PATH
from ca.machines.acme.validation import Looking
from ca.machines.acme.zones import Zones
from web.home import Mode
from web.settings import HouseSettings

_LOCAL = "127.0.0.1"
_PORTS = {"http": 5002, "tls": 5001, "dns": 5053}


@dataclass(frozen=True)
class ValidateSettings(HouseSettings):
    """Of the process `validate`."""

    identity: str = IDENTITY
    local_zones: tuple[str, ...] = ()
    """In practice: names within these are on this machine, at the ports that follow."""
    local_ports: Mapping[str, int] | None = None

    @classmethod
    def own(cls, environment: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
        """`LAOTRUST_CAA_IDENTITY`, `LAOTRUST_ACME_ZONES` and `LAOTRUST_ACME_HTTP_PORT`, `…_TLS_PORT`, `…_DNS_PORT`."""
        zones = tuple(environment.get("LAOTRUST_ACME_ZONES", "").lower().split())
        if zones and environment.get("LAOTRUST_MODE") == Mode.PRODUCTION.value:
            faults.append("LAOTRUST_ACME_ZONES is for practice: in production names are looked up where they are")
        ports = {name: _port(environment, name, faults) for name in _PORTS}
        return {"identity": caa_identity(environment, faults), "local_zones": zones, "local_ports": ports}

    def looking(self) -> Looking:
        """How and where this installation looks."""
        ports = self.local_ports or _PORTS
        local = Place(Zones((_LOCAL, ports["dns"])), (_LOCAL,), {80: ports["http"], 443: ports["tls"]})
        return Looking(
            Hosts(self.outbound_allow, self.practice),
            Place(Zones()),
            self.identity,
            self.home.url("machines") + ACCOUNT_PATH,
            local if self.local_zones else None,
            self.local_zones,
        )


def _port(environment: Mapping[str, str], name: str, faults: list[str]) -> int:
    variable = f"LAOTRUST_ACME_{name.upper()}_PORT"
    text = environment.get(variable) or str(_PORTS[name])
    if not text.isdecimal() or not 0 < int(text) < 65536:
        faults.append(f"{variable} {text!r} is no port: write a number from 1 to 65535")
        return _PORTS[name]
    return int(text)
