// A login by code and PKCE with `openid-client`: says where people go, hears where they came back, gives the tokens.

import * as client from 'openid-client';

import { heard, say } from './conversation.js';

export async function signedIn(config, redirect_uri, options) {
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
  return client.authorizationCodeGrant(config, new URL(answer), checks, undefined, options);
}
