"""Sample data: the organisations of the state, and as many made-up persons as one asks for. No real person is meant."""
