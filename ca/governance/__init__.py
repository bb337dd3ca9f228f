"""Who may do what and by which numbers: every change of it is planned, approved by another person, and applied once.

Nothing here listens. A fact of this room that no applied change or ceremony accounts for is believed by nobody who
signs (`ca.governance.provenance`).
"""
