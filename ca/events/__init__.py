"""What happens in the CA, as audit entries say it: a module a room."""

from ca.events import (
    acme,
    batches,
    ceremonies,
    endings,
    governance,
    hierarchy,
    issuance,
    machines,
    registration,
    reissue,
    retention,
    statement,
)

EVENTS = (
    *registration.EVENTS, *issuance.EVENTS, *endings.EVENTS, *ceremonies.EVENTS, *statement.EVENTS, *governance.EVENTS,
    *hierarchy.EVENTS, *retention.EVENTS, *acme.EVENTS, *batches.EVENTS, *machines.EVENTS, *reissue.EVENTS,
)  # fmt: skip
