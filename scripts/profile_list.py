"""`profile-list`: the kinds of certificate that are issued here."""

from ca.configuration import Configuration
from ca.profiles import PROFILES
from pki.profile import CertificateProfile
from scripts.cli import Outcome, Run, verb
from scripts.profile_show import configuration_in_force


@verb("ca", "python -m scripts profile-list --json")
def profile_list(run: Run) -> Outcome:
    """Shows each profile with its subject, policy, longest life, and when the second judge looks."""
    configuration = configuration_in_force(run)
    listed = [_values(profile, configuration) for profile in PROFILES.values()]
    widths = (("profile", 24), ("subject", 15), ("life", 20), ("second_judge", 0))
    lines = ["".join(f"{one[name]:<{width}}" for name, width in widths) for one in listed]
    return Outcome({"profiles": listed}, lines)


def _values(profile: CertificateProfile, configuration: Configuration) -> dict[str, object]:
    return {
        "profile": profile.name,
        "subject": profile.subject.value,
        "alternative_names": profile.alternative_names.value,
        "policy": profile.policy,
        "life": str(configuration.longest(profile.name)),
        "life_seconds": int(configuration.longest(profile.name).total_seconds()),
        "keys": [kind.value for kind in profile.key_algorithms],
        "second_judge": configuration.judge_of(profile.name).value,
    }
