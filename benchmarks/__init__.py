"""Speed, always as a ratio to a peer in the same run; run by `./scripts/bench`, never by the tests."""
