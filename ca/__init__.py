"""The certification authority: who asks to be certified, who decides, what is signed, and how it ends.

The desk (everything that listens) can neither sign a certificate nor make up a decision. The signing room
(`issuance`, a loop beside the keys) takes up what two registration officers signed, checks all of it again, and
signs only what is sealed in the log. What must never be here: an import of another house, an update, a deletion.
"""
