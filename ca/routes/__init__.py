"""What anybody may fetch."""
