"""A person's identity on its way from service to service: who may call whom, what was exchanged, what still counts."""
