// A service that asks for a person by name (CIBA) with `openid-client`: signed request, poll, tokens bound by DPoP.

import * as jose from 'jose';
import * as client from 'openid-client';

import { heard, say } from './conversation.js';

const { issuer, client_id, jwk, algorithm, login_hint } = await heard();
const own = { key: await jose.importJWK(jwk, 'ES256'), kid: jwk.kid };
const registered = { id_token_signed_response_alg: algorithm, use_mtls_endpoint_aliases: false };
const config = await client.discovery(new URL(issuer), client_id, registered, client.PrivateKeyJwt(own));
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256'));

const wish = { scope: 'openid profile', login_hint, binding_message: 'W4SCT' };
const request = await new jose.SignJWT(wish)
  .setProtectedHeader({ alg: 'ES256', kid: jwk.kid })
  .setIssuer(client_id)
  .setAudience(issuer)
  .setIssuedAt()
  .setNotBefore('0s')
  .setExpirationTime('60s')
  .setJti(client.randomState())
  .sign(own.key);
const asked = await client.initiateBackchannelAuthentication(config, { request });
say({ auth_req_id: asked.auth_req_id });

const tokens = await client.pollBackchannelAuthenticationGrant(config, asked, undefined, { DPoP });
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
say({ claims, userinfo, type: tokens.token_type });
process.exit(0);
