// A second opinion about an ID token and a JWT access token, by another library than those that log in.

import * as jose from 'jose';

export async function opinionOf(metadata, tokens, clientId) {
  const keys = jose.createRemoteJWKSet(new URL(metadata.jwks_uri));
  const expected = { issuer: metadata.issuer, algorithms: metadata.id_token_signing_alg_values_supported };
  const identity = await jose.jwtVerify(tokens.id_token, keys, { ...expected, audience: clientId });
  const access = await jose.jwtVerify(tokens.access_token, keys, { ...expected, typ: 'at+jwt' });
  return { sub: identity.payload.sub, client_id: access.payload.client_id };
}
