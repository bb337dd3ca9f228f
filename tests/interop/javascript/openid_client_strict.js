// A login by FAPI 2.0 with `openid-client`: signed request by PAR, signed answer, tokens bound by DPoP.

import * as jose from 'jose';
import * as client from 'openid-client';

import { heard, say } from './conversation.js';

const { issuer, client_id, jwk, redirect_uri, algorithm } = await heard();
const own = { key: await jose.importJWK(jwk, jwk.kty === 'EC' ? 'ES256' : 'PS256'), kid: jwk.kid };
const registered = {
  id_token_signed_response_alg: algorithm,
  authorization_signed_response_alg: algorithm,
  use_mtls_endpoint_aliases: false,
};
const config = await client.discovery(new URL(issuer), client_id, registered, client.PrivateKeyJwt(own));
client.enableNonRepudiationChecks(config);
client.useJwtResponseMode(config);
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const signed = await client.buildAuthorizationUrlWithJAR(config, {
  redirect_uri,
  scope: 'openid profile',
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
}, own);
const url = await client.buildAuthorizationUrlWithPAR(config, signed.searchParams, { DPoP });
say({ url: url.href });

const { answer } = await heard();
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, new URL(answer), checks, undefined, { DPoP });
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
say({ claims, userinfo, type: tokens.token_type, renewed: renewed.token_type });
process.exit(0);
