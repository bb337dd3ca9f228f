"""Everything that ends or pauses a certificate, and who is told. Nothing comes back from an ending."""
