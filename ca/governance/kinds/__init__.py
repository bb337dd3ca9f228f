"""The kinds of change that there are: a file beside this one and a line here each."""

from ca.governance.kind import ChangeKind
from ca.governance.kinds import (
    allowance_end,
    allowance_grant,
    ca_certificate_revoke,
    configuration_set,
    desk_change,
    desk_close,
    desk_open,
    desk_revoke,
    duty_end,
    duty_grant,
    foreign_ca_accept,
    foreign_ca_end,
    preapproval_end,
    preapproval_grant,
    profile_set,
    reissue_start,
)

KINDS: dict[str, ChangeKind] = {
    kind.name: kind
    for kind in (
        configuration_set.KIND,
        profile_set.KIND,
        duty_grant.KIND,
        duty_end.KIND,
        desk_open.KIND,
        desk_change.KIND,
        desk_close.KIND,
        desk_revoke.KIND,
        foreign_ca_accept.KIND,
        foreign_ca_end.KIND,
        ca_certificate_revoke.KIND,
        allowance_grant.KIND,
        allowance_end.KIND,
        reissue_start.KIND,
        preapproval_grant.KIND,
        preapproval_end.KIND,
    )
}
