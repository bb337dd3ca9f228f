"""Object identifiers by their names in the standards; dotted text everywhere in `pki`."""

# Attributes of names (X.520, RFC 5280 appendix A).
COMMON_NAME = "2.5.4.3"
SURNAME = "2.5.4.4"
SERIAL_NUMBER = "2.5.4.5"
COUNTRY = "2.5.4.6"
LOCALITY = "2.5.4.7"
STATE = "2.5.4.8"
ORGANIZATION = "2.5.4.10"
ORGANIZATIONAL_UNIT = "2.5.4.11"
TITLE = "2.5.4.12"
GIVEN_NAME = "2.5.4.42"
PSEUDONYM = "2.5.4.65"
ORGANIZATION_IDENTIFIER = "2.5.4.97"

# Extensions (RFC 5280 clause 4.2, RFC 3739 clause 3.2.6, RFC 6960 clause 4.2.2.2.1).
SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
KEY_USAGE = "2.5.29.15"
SUBJECT_ALTERNATIVE_NAME = "2.5.29.17"
BASIC_CONSTRAINTS = "2.5.29.19"
ANY_POLICY = "2.5.29.32.0"
CRL_NUMBER = "2.5.29.20"
CRL_REASON = "2.5.29.21"
INVALIDITY_DATE = "2.5.29.24"
NAME_CONSTRAINTS = "2.5.29.30"
CRL_DISTRIBUTION_POINTS = "2.5.29.31"
CERTIFICATE_POLICIES = "2.5.29.32"
AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
EXTENDED_KEY_USAGE = "2.5.29.37"
AUTHORITY_INFORMATION_ACCESS = "1.3.6.1.5.5.7.1.1"
QC_STATEMENTS = "1.3.6.1.5.5.7.1.3"
OCSP_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"

# Inside extensions.
AD_OCSP = "1.3.6.1.5.5.7.48.1"
EXTENSION_REQUEST = "1.2.840.113549.1.9.14"
"""RFC 2985 clause 5.4.2."""
AD_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"
QT_CPS = "1.3.6.1.5.5.7.2.1"
QCS_PKIX_SYNTAX_V2 = "1.3.6.1.5.5.7.11.2"
QCS_SEMANTICS_NATURAL = "0.4.0.194121.1.1"
"""ETSI EN 319 412-1 clause 5.1.3: the subject's serialNumber follows the form for natural persons."""
QCS_COMPLIANCE = "0.4.0.1862.1.1"
QCS_TYPE = "0.4.0.1862.1.6"
QCS_LEGISLATION = "0.4.0.1862.1.7"

# Extended key usages (RFC 5280 clause 4.2.1.12, RFC 9336).
EKU_ANY = "2.5.29.37.0"
EKU_SERVER_AUTH = "1.3.6.1.5.5.7.3.1"
EKU_CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
EKU_TIME_STAMPING = "1.3.6.1.5.5.7.3.8"
EKU_OCSP_SIGNING = "1.3.6.1.5.5.7.3.9"
EKU_DOCUMENT_SIGNING = "1.3.6.1.5.5.7.3.36"

# Keys and signatures (RFC 3279, RFC 5480, RFC 5758, RFC 8410, RFC 9881).
RSA_ENCRYPTION = "1.2.840.113549.1.1.1"
SHA256_WITH_RSA = "1.2.840.113549.1.1.11"
ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2"
ECDSA_WITH_SHA384 = "1.2.840.10045.4.3.3"
ED25519 = "1.3.101.112"
ML_DSA_44 = "2.16.840.1.101.3.4.3.17"
ML_DSA_65 = "2.16.840.1.101.3.4.3.18"
ML_DSA_87 = "2.16.840.1.101.3.4.3.19"

# Our own. No arc of the country's is ours yet, so both hang under a UUID, spread over arcs of at most 24 bits
# (the form that Microsoft opened for it) because linters and toolkits refuse the 128-bit arc of X.667. Practice
# has an arc of its own, so that nothing of practice can be taken for real.
_OURS = "1.2.840.113556.1.8000.2554.28559.54856.57036.18267.40637.3449863.643137"
PRODUCTION_ARC = f"{_OURS}.1"
PRACTICE_ARC = f"{_OURS}.2"
