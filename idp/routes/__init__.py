"""The provider's HTTP edge: reads a request, calls one use case, says what came of it in HTTP's or OAuth's words."""
