"""`./scripts/demo`: sets an installation up in its home, starts and supervises every process, and can tell the story.

It is an operator's tool: what it does, it does through the same use cases and verbs that admins have.
"""
