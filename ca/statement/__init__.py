"""What the CA says about itself: practice statement, disclosure and subscriber terms, in Lao and English, by version.

The text is in `text/`, for people to edit; it holds no numbers. Those come from the configuration, the profiles and
the tables of the code, and a version that was published is served from the ledger, word for word, for ever. What must
never be here: a number typed into a text, or a version that nobody approved.
"""
