"""What anybody may fetch: CRLs, issuers' certificates, and what the CA says about itself."""
