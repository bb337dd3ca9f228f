"""What happens in the CA, as audit entries say it: a module a room."""

from ca.events import ceremonies, endings, hierarchy, issuance, registration, statement

EVENTS = (
    *registration.EVENTS,
    *issuance.EVENTS,
    *endings.EVENTS,
    *ceremonies.EVENTS,
    *hierarchy.EVENTS,
    *statement.EVENTS,
)
