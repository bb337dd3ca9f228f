"""Status for places that the line seldom reaches: signed here, carried there, served without any key.

A *bundle* holds, for every certificate, what its answer says and the signatures under it, sorted and sealed; a *delta*
turns one bundle into the next. The answers that a mirror gives are put together from it, octet for octet as they
were signed. What reads bundles here has no key and no database.
"""
