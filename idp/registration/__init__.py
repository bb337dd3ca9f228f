"""Services that register themselves (RFC 7591, RFC 7592), each under an invitation that a person on duty has given."""
