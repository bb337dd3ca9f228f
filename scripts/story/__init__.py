"""What `demo --once` tells, step by step."""
