"""How an issuer ends, by plan or because its key is lost, and the leave that all of it works under."""
