"""SCEP messages (RFC 8894): CMS signed and enveloped, read strictly as DER, written whole, never signed here."""
