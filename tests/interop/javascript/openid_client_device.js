// A device without a keyboard with `openid-client`: it shows a code, polls, and gets tokens (RFC 8628).

import * as client from 'openid-client';

import { heard, say } from './conversation.js';

const { issuer, client_id, client_secret, algorithm } = await heard();
const registered = { client_secret, id_token_signed_response_alg: algorithm, use_mtls_endpoint_aliases: false };
const config = await client.discovery(new URL(issuer), client_id, registered, client.ClientSecretBasic(client_secret));

const asked = await client.initiateDeviceAuthorization(config, { scope: 'openid profile' });
say({ code: asked.user_code, url: asked.verification_uri });

const tokens = await client.pollDeviceAuthorizationGrant(config, asked);
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
say({ claims, userinfo });
process.exit(0);
