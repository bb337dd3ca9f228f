// A login, a refresh and a logout with `openid-client`, as its guide has them.

import * as client from 'openid-client';

import { heard, say } from './conversation.js';
import { opinionOf } from './opinion.js';

const { issuer, client_id, client_secret, redirect_uri, post_logout_redirect_uri, algorithm } = await heard();
const own = { id_token_signed_response_alg: algorithm };
const config = await client.discovery(new URL(issuer), client_id, own, client.ClientSecretBasic(client_secret));
client.enableNonRepudiationChecks(config);

const pkceCodeVerifier = client.randomPKCECodeVerifier();
const expectedState = client.randomState();
const expectedNonce = client.randomNonce();
const url = client.buildAuthorizationUrl(config, {
  redirect_uri,
  scope: 'openid profile email',
  state: expectedState,
  nonce: expectedNonce,
  code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
  code_challenge_method: 'S256',
});
say({ url: url.href });

const { answer } = await heard();
const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true };
const tokens = await client.authorizationCodeGrant(config, new URL(answer), checks);
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
const end = { post_logout_redirect_uri, id_token_hint: tokens.id_token, state: 'bye' };
say({
  claims,
  userinfo,
  renewed: renewed.claims().sub,
  opinion: await opinionOf(config.serverMetadata(), renewed, client_id),
  end: client.buildEndSessionUrl(config, end).href,
});
process.exit(0);
