"""CMP messages (RFC 9810, in the lightweight profile of RFC 9483): read strictly, written whole, never signed here."""
