"""The register's HTTP routes."""
