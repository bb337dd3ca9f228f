// A service that calls another in a person's name with `openid-client`: its generic grant is token exchange (RFC 8693).

import * as client from 'openid-client';

import { heard, say } from './conversation.js';
import { signedIn } from './login.js';

const { issuer, client_id, client_secret, redirect_uri, algorithm, audience } = await heard();
const own = { id_token_signed_response_alg: algorithm, use_mtls_endpoint_aliases: false };
const config = await client.discovery(new URL(issuer), client_id, own, client.ClientSecretBasic(client_secret));
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));

const tokens = await signedIn(config, redirect_uri, { DPoP });
const kind = 'urn:ietf:params:oauth:token-type:access_token';
const exchange = (more) => client.genericGrantRequest(config, 'urn:ietf:params:oauth:grant-type:token-exchange', {
  subject_token: tokens.access_token, subject_token_type: kind, audience, ...more,
}, { DPoP });
const got = await exchange({ scope: 'openid' });
const refused = await exchange({ scope: 'openid email' }).catch((fault) => fault.error);
const seen = await client.tokenIntrospection(config, got.access_token);
say({ got: { type: got.token_type, issued: got.issued_token_type, scope: got.scope }, seen, refused });
process.exit(0);
