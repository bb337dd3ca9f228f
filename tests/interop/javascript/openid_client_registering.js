// A service that registers itself with `openid-client` (RFC 7591), then a login with what it was given.

import * as client from 'openid-client';

import { heard, say } from './conversation.js';
import { signedIn } from './login.js';

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

const tokens = await signedIn(config, redirect_uri);
const claims = tokens.claims();
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token);
say({ claims, registered: config.clientMetadata(), renewed: renewed.claims().sub });
process.exit(0);
