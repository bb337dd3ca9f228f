// A service that registers itself with `openid-client` to get all that is signed encrypted too; `jose` opens the
// ID token a second time.

import * as jose from 'jose';
import * as client from 'openid-client';

import { heard, say } from './conversation.js';
import { signedIn } from './login.js';

const { issuer, redirect_uri, algorithm, initialAccessToken, encryption, content, curve } = await heard();
const { publicKey, privateKey } = await jose.generateKeyPair(encryption, { crv: curve, extractable: true });
const kid = 'reads';
const asked = (what) => ({
  [`${what}_signed_response_alg`]: algorithm,
  [`${what}_encrypted_response_alg`]: encryption,
  [`${what}_encrypted_response_enc`]: content,
});
const wanted = {
  redirect_uris: [redirect_uri],
  client_name: 'Interop',
  token_endpoint_auth_method: 'client_secret_post',
  jwks: { keys: [{ ...(await jose.exportJWK(publicKey)), kid, use: 'enc', alg: encryption }] },
  ...asked('id_token'),
  ...asked('userinfo'),
  ...asked('authorization'),
};
const config = await client.dynamicClientRegistration(new URL(issuer), wanted, undefined, { initialAccessToken });
client.enableNonRepudiationChecks(config);
client.useJwtResponseMode(config);
client.enableDecryptingResponses(config, [content], { key: privateKey, kid, alg: encryption });

const tokens = await signedIn(config, redirect_uri);
const claims = tokens.claims();
const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub);
const opened = await jose.compactDecrypt(tokens.id_token, privateKey);
const keys = jose.createRemoteJWKSet(new URL(config.serverMetadata().jwks_uri));
const inside = await jose.jwtVerify(new TextDecoder().decode(opened.plaintext), keys, { issuer });
say({ claims, userinfo, header: opened.protectedHeader, inside: inside.payload.sub,
  signed: Object.keys(client.getDecryptedResponses(tokens) ?? {}) });
process.exit(0);
