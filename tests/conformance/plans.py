"""The modules of the plans of the OpenID Foundation's conformance suite (release 5.2.3), each by its name there.

Left out are the modules of national ecosystems, and of kinds of client registration that a plan does not need.
"""


def _named(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(prefix + name for name in names.split())


BASIC = _named(
    "oidcc-",
    """
    server
    response-type-missing
    idtoken-signature
    idtoken-unsigned
    userinfo-get
    userinfo-post-header
    userinfo-post-body
    ensure-request-without-nonce-succeeds-for-code-flow
    scope-profile
    scope-email
    scope-address
    scope-phone
    scope-all
    alternate-happy-flow
    display-page
    display-popup
    prompt-login
    prompt-none-not-logged-in
    prompt-none-logged-in
    max-age-1
    max-age-10000
    ensure-request-with-unknown-parameter-succeeds
    id-token-hint
    login-hint
    ui-locales
    claims-locales
    ensure-request-with-acr-values-succeeds
    codereuse
    codereuse-30seconds
    ensure-registered-redirect-uri
    ensure-post-request-succeeds
    server-client-secret-post
    request-uri-unsigned-supported-correctly-or-rejected-as-unsupported
    unsigned-request-object-supported-correctly-or-rejected-as-unsupported
    claims-essential
    ensure-request-object-with-redirect-uri
    refresh-token
    ensure-request-with-valid-pkce-succeeds
    """,
)
FORM_POST = BASIC
CONFIG = ("oidcc-discovery-endpoint-verification",)
DYNAMIC = _named(
    "oidcc-",
    """
    discovery-endpoint-verification
    server
    ensure-client-assertion-with-iss-aud-succeeds
    ensure-redirect-uri-in-authorization-request
    ensure-request-object-with-redirect-uri
    idtoken-rs256
    idtoken-unsigned
    redirect-uri-query-OK
    redirect-uri-query-added
    redirect-uri-query-mismatch
    redirect-uri-regfrag
    refresh-token
    refresh-token-rp-key-rotation
    registration-jwks-uri
    registration-logo-uri
    registration-policy-uri
    registration-sector-bad
    registration-sector-uri
    registration-tos-uri
    request-uri-signed-rs256
    request-uri-unsigned
    server-rotate-keys
    userinfo-rs256
    """,
)
THIRD_PARTY_INIT = ("oidcc-3rd_party-init-login", "oidcc-3rd_party-init-login-nohttps")
RP_INITIATED_LOGOUT = _named(
    "oidcc-",
    """
    rp-initiated-logout-discovery-endpoint-verification
    rp-initiated-logout
    rp-initiated-logout-bad-post-logout-redirect-uri
    rp-initiated-logout-modified-id-token-hint
    rp-initiated-logout-no-id-token-hint
    rp-initiated-logout-no-params
    rp-initiated-logout-no-post-logout-redirect-uri
    rp-initiated-logout-no-state
    rp-initiated-logout-only-state
    rp-initiated-logout-query-added-to-post-logout-redirect-uri
    rp-initiated-logout-bad-id-token-hint
    """,
)
BACK_CHANNEL_LOGOUT = _named(
    "oidcc-",
    """
    backchannel-logout-discovery-endpoint-verification
    backchannel-rp-initiated-logout
    """,
)
FRONT_CHANNEL_LOGOUT = _named(
    "oidcc-",
    """
    frontchannel-logout-discovery-endpoint-verification
    frontchannel-rp-initiated-logout
    """,
)
FAPI2_SECURITY_PROFILE = _named(
    "fapi2-security-profile-final-",
    """
    discovery-end-point-verification
    happy-flow
    user-rejects-authentication
    ensure-authorization-request-without-state-success
    ensure-authorization-request-without-nonce-success
    ensure-authorization-request-with-64-char-nonce-success
    ensure-other-scope-order-succeeds
    test-claims-parameter-identity-claims
    access-token-type-header-case-sensitivity
    check-dpop-proof-nbf-exp
    ensure-dpopproof-with-iat-10seconds-before-succeeds
    ensure-dpopproof-with-iat-10seconds-after-succeeds
    ensure-mismatched-dpop-jkt-fails
    ensure-token-endpoint-fails-with-mismatched-dpop-proof-jkt
    ensure-token-endpoint-fails-with-mismatched-dpop-jkt
    ensure-dpopproof-at-par-endpoint-binding-success
    ensure-dpop-auth-code-binding-success
    ensure-different-nonce-inside-and-outside-request-object
    ensure-different-state-inside-and-outside-request-object
    ensure-authorization-request-with-long-nonce
    ensure-authorization-request-with-long-state
    ensure-registered-redirect-uri
    plain-fapi-tolerate-unregistered-redirect-uri
    ensure-unsigned-authorization-request-without-using-par-fails
    ensure-redirect-uri-in-authorization-request
    ensure-response-type-code-idtoken-fails
    ensure-response-type-token-fails
    ensure-client-id-in-token-endpoint
    ensure-holder-of-key-required
    ensure-authorization-code-is-bound-to-client
    attempt-reuse-authorization-code-after-one-second
    ensure-token-endpoint-fails-with-expired-auth-code
    ensure-signed-client-assertion-with-RS256-fails
    ensure-client-assertion-in-token-endpoint
    ensure-client-assertion-with-exp-is-5-minutes-in-past-fails
    ensure-client-assertion-with-wrong-aud-fails
    ensure-client-assertion-with-no-sub-fails
    dpop-negative-tests
    refresh-token
    par-ensure-reused-request-uri-prior-to-auth-completion-succeeds
    par-attempt-reuse-request_uri
    par-attempt-to-use-expired-request_uri
    par-ensure-jwt-client-assertions-nbf-8-seconds-in-the-future-is-accepted
    par-ensure-jwt-client-assertions-nbf-over-60-seconds-in-the-future-fails
    par-attempt-to-use-request_uri-for-different-client
    par-authorization-request-containing-request_uri-form-param
    par-attempt-invalid-http-method
    par-ensure-pkce-required
    ensure-pkce-code-verifier-required
    incorrect-pkce-code-verifier-rejected
    par-plain-pkce-rejected
    par-authorization-request-containing-request_uri
    par-without-duplicate-parameters
    par-test-array-as-audience-fails
    par-test-par-endpoint-url-as-audience-fails
    par-test-token-endpoint-url-as-audience-fails
    """,
)
OF_REQUEST_OBJECTS = _named(
    "fapi2-security-profile-final-",
    """
    ensure-request-object-with-multiple-aud-succeeds
    ensure-request-object-with-nbf-8-seconds-in-the-future-is-accepted
    ensure-request-object-without-exp-fails
    ensure-request-object-without-nbf-fails
    state-only-outside-request-object-not-used
    ensure-request-object-without-redirect-uri-fails
    ensure-expired-request-object-fails
    ensure-request-object-with-bad-aud-fails
    ensure-request-object-with-exp-over-60-fails
    ensure-request-object-with-nbf-over-60-fails
    ensure-signed-request-object-with-RS256-fails
    ensure-request-object-signature-algorithm-is-not-none
    ensure-request-object-with-invalid-signature-fails
    ensure-matching-key-in-authorization-request
    ensure-unsigned-request-at-par-endpoint-fails
    """,
)
FAPI2_MESSAGE_SIGNING = FAPI2_SECURITY_PROFILE + OF_REQUEST_OBJECTS
FAPI_CIBA = (
    "fapi-ciba-id1",
    *_named(
        "fapi-ciba-id1-",
        """
    discovery-end-point-verification
    user-rejects-authentication
    multiple-call-to-token-endpoint
    auth-req-id-expired
    ensure-authorization-request-with-binding-message-succeeds
    ensure-other-scope-order-succeeds
    ensure-requested-expiry-as-string-succeeds
    ensure-authorization-request-with-potentially-bad-binding-message
    ensure-request-object-missing-aud-fails
    ensure-request-object-bad-aud-fails
    ensure-request-object-missing-iss-fails
    ensure-request-object-bad-iss-fails
    ensure-request-object-missing-exp-fails
    ensure-request-object-expired-exp-fails
    ensure-request-object-exp-is-70-minutes-in-future-fails
    ensure-request-object-missing-iat-fails
    ensure-request-object-missing-nbf-fails
    ensure-request-object-nbf-is-10-minutes-in-future-fails
    ensure-request-object-nbf-is-70-minutes-in-past-fails
    ensure-request-object-missing-jti-fails
    ensure-request-object-signature-algorithm-is-none-fails
    ensure-request-object-signature-algorithm-is-bad-fails
    ensure-request-object-signature-algorithm-is-RS256-fails
    ensure-request-object-signed-by-other-client-fails
    ensure-authorization-request-with-multiple-hints-fails
    ensure-wrong-auth-req-id-in-token-endpoint-request
    ensure-different-client-id-and-issuer-in-backchannel-authorization-request
    ensure-wrong-client-id-in-token-endpoint-request
    ensure-wrong-client-id-in-backchannel-authorization-request
    ensure-without-client-assertion-in-token-endpoint-request
    ensure-without-client-assertion-in-backchannel-authorization-request
    ensure-client-assertion-signature-algorithm-in-backchannel-authorization-request-is-RS256-fails
    ensure-client-assertion-signature-algorithm-in-token-endpoint-request-is-RS256-fails
    ensure-client-assertion-with-iss-aud-to-token-endpoint-succeeds
    ping-backchannel-notification-endpoint-response-has-body
    ping-backchannel-notification-endpoint-response-401
    ping-backchannel-notification-endpoint-response-403
    ping-with-mtls-ciba-notification-endpoint-response-401-and-require-server-does-not-retry
    ping-backchannel-notification-endpoint-return-redirect-request
    ensure-unsigned-backchannel-authorization-request-fails
    refresh-token
    ensure-mtls-holder-of-key-required
    """,
    ),
)
PLANS = {
    "Basic": BASIC,
    "Form Post": FORM_POST,
    "Config": CONFIG,
    "Dynamic": DYNAMIC,
    "3rd-Party-Init": THIRD_PARTY_INIT,
    "RP-Initiated Logout": RP_INITIATED_LOGOUT,
    "Back-Channel Logout": BACK_CHANNEL_LOGOUT,
    "Front-Channel Logout": FRONT_CHANNEL_LOGOUT,
    "FAPI 2.0 Security Profile": FAPI2_SECURITY_PROFILE,
    "FAPI 2.0 Message Signing": FAPI2_MESSAGE_SIGNING,
    "FAPI-CIBA": FAPI_CIBA,
}
