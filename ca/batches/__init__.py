"""Requests by the thousand: a list is planned, an officer signs the plan, each line becomes what it would alone.

Nothing is judged here by rules of its own: every line goes through `ca.registration.enrolment`, and two officers
decide on it as on any other. What must never be here: a line that is taken up without its row in the batch, or a
number of a paper outside the plan's file, which goes when the batch has ended.
"""
