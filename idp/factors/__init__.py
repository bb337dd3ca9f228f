"""The factors, each a pure question about what was shown. A new factor is a file here and a line in `idp.assurance`."""
