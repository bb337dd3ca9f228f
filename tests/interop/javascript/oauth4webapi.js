// A login, a refresh and a revocation with `oauth4webapi`, step by step.

import * as oauth from 'oauth4webapi';

import { heard, say } from './conversation.js';
import { opinionOf } from './opinion.js';

const { issuer, client_id, client_secret, redirect_uri } = await heard();
const place = new URL(issuer);
const as = await oauth.processDiscoveryResponse(place, await oauth.discoveryRequest(place));
const client = { client_id };
const proof = oauth.ClientSecretBasic(client_secret);

const verifier = oauth.generateRandomCodeVerifier();
const state = oauth.generateRandomState();
const expectedNonce = oauth.generateRandomNonce();
const url = new URL(as.authorization_endpoint);
url.search = new URLSearchParams({
  client_id,
  redirect_uri,
  response_type: 'code',
  scope: 'openid profile email',
  state,
  nonce: expectedNonce,
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
});
say({ url: url.href });

const { answer } = await heard();
const parameters = oauth.validateAuthResponse(as, client, new URL(answer), state);
const response = await oauth.authorizationCodeGrantRequest(as, client, proof, parameters, redirect_uri, verifier);
const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, { expectedNonce, requireIdToken: true });
await oauth.validateApplicationLevelSignature(as, response);
const claims = oauth.getValidatedIdTokenClaims(tokens);
const told = await oauth.userInfoRequest(as, client, tokens.access_token);
const userinfo = await oauth.processUserInfoResponse(as, client, claims.sub, told);
const again = await oauth.refreshTokenGrantRequest(as, client, proof, tokens.refresh_token);
const renewed = await oauth.processRefreshTokenResponse(as, client, again);
const opinion = await opinionOf(as, renewed, client_id);
const revoked = await oauth.revocationRequest(as, client, proof, renewed.refresh_token);
await oauth.processRevocationResponse(revoked);
const asked = await oauth.introspectionRequest(as, client, proof, renewed.access_token);
const { active } = await oauth.processIntrospectionResponse(as, client, asked);
say({ claims, userinfo, renewed: oauth.getValidatedIdTokenClaims(renewed).sub, opinion, active });
process.exit(0);
