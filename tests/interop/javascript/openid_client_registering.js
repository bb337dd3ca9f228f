// A service that registers itself with `openid-client` (RFC 7591), then a login with what it was given.

import * as client from 'openid-client';

import { heard, say } from './conversation.js';

const { issuer, redirect_uri, algorithm, initialAccessToken } = await heard();
const wanted = {
  redirect_uris: [redirect_uri],
  client_name: 'Interop',
  grant_types: ['authorization_code', 'refresh_token'],
  token_endpoint_auth_method: 'client_secret_post',
  id_token_signed_response_alg: algorithm,
};
const config = await client.dynamicClientRegistration(new URL(issuer), wanted, undefined, { initialAccessToken });
client.enableNonRepudiationChecks(config);

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri,
  scope: 'openid profile',
  state: expectedState,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
});
say({ url: url.href });

const { answer } = await heard();
const checks = { pkceCodeVerifier, expectedState, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, new URL(answer), checks);
const claims = tokens.claims();
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
say({ claims, registered: config.clientMetadata(), renewed: renewed.claims().sub });
process.exit(0);
