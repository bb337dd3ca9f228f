"""What `./scripts/demo --once` tells: eight chapters, each step checked, the first that is not true ends the story."""
