"""The register: persons, organisations, posts, appointments and mandates, through time.

What it writes it writes line by line from lists that a clerk has planned and put his key to. What it never does:
change or delete a row, make one name of another, or decide by itself which of two look-alikes is right.
"""
