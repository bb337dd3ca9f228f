"""How what waits is divided: into batches, and a batch among the issuers."""

from collections.abc import Mapping, Sequence

from ca.issuance.composition import Wanted
from ca.profiles import issuer_for
from pki.keys import algorithm_of


def in_batches(ids: Sequence[str], batch: int) -> list[Sequence[str]]:
    """Of those that are many the first two are half as long, so that room and process beside begin at the same time."""
    half = max(batch // 2, 1) if len(ids) > batch else batch
    rest = range(2 * half, len(ids), batch)
    return [ids[:half], *([ids[half : 2 * half]] if ids[half:] else []), *(ids[at : at + batch] for at in rest)]


def by_issuer(every: Sequence[Wanted]) -> Mapping[str, list[Wanted]]:
    """What is wanted of each issuer, by its name."""
    groups: dict[str, list[Wanted]] = {}
    for one in every:
        groups.setdefault(issuer_for(one.profile.name, algorithm_of(one.spki)), []).append(one)
    return groups
