// The certified provider, set up for every plan that it has: `node server.js FOLDER PORT`.
// FOLDER holds certificates/peer.pem with keys/peer.key.pem and keys/peer.pass. Writes FOLDER/description.json in the
// form of demo.json, then prints `ready`.

import * as crypto from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import * as https from 'node:https';

import Provider from 'oidc-provider';

import { actOnApproval, showInteractions } from './pages.js';

const [folder, port] = process.argv.slice(2);
const issuer = `https://localhost:${port}`;
const callback = 'https://localhost:1/callback';
const everyAlgorithm = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const strict = ['ES256', 'PS256'];

function keyPair(kind, options, kid, more = {}) {
  const { privateKey } = crypto.generateKeyPairSync(kind, options);
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', ...more };
}

function publicPart({ d, p, q, dp, dq, qi, ...rest }) {
  return rest;
}

const person = {
  address: { country: 'LA', formatted: 'Vientiane', locality: 'Vientiane', region: 'VT', street_address: '1', postal_code: '01000' },
  birthdate: '1987-10-16', email: 'somphone@example.com', email_verified: false, family_name: 'Keovongsa', gender: 'male',
  given_name: 'Somphone', locale: 'lo-LA', middle_name: 'M', name: 'Somphone Keovongsa', nickname: 'S',
  phone_number: '+856 20 55512345', phone_number_verified: false, picture: 'https://example.com/p.png',
  preferred_username: 'somphone', profile: 'https://example.com/s', updated_at: 1454704946,
  website: 'https://example.com', zoneinfo: 'Asia/Vientiane',
};

function plain(number) {
  return {
    client_id: `standard-${number}`,
    client_secret: crypto.randomBytes(32).toString('hex'),
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: [`${callback}-${number}`],
    post_logout_redirect_uris: [`https://localhost:1/signed-out-${number}`],
    security: 'standard',
  };
}

// FAPI 2.0 Security Profile clause 5.3.2: PAR, private_key_jwt and DPoP.
function fapi2(number) {
  return {
    client_id: `fapi2-${number}`,
    token_endpoint_auth_method: 'private_key_jwt',
    grant_types: ['authorization_code', 'refresh_token', 'urn:openid:params:grant-type:ciba'],
    response_types: ['code'],
    redirect_uris: [`${callback}-fapi2-${number}`],
    require_pushed_authorization_requests: true,
    dpop_bound_access_tokens: true,
    id_token_signed_response_alg: 'ES256',
    authorization_signed_response_alg: 'ES256',
    request_object_signing_alg: 'ES256',
    backchannel_authentication_request_signing_alg: 'ES256',
    backchannel_token_delivery_mode: 'poll',
    security: '2.0',
  };
}

const ownKeys = [1, 2].map((number) => [
  keyPair('ec', { namedCurve: 'P-256' }, `es-${number}`, { alg: 'ES256' }),
  keyPair('rsa', { modulusLength: 2048 }, `rs-${number}`),
]);
const clients = [
  plain(1), plain(2),
  ...[1, 2].map((number) => ({ ...fapi2(number), jwks: { keys: ownKeys[number - 1].map(publicPart) } })),
];

const provider = new Provider(issuer, {
  clients,
  cookies: { keys: [crypto.randomBytes(32).toString('hex')], long: { sameSite: 'none' }, short: { sameSite: 'none' } },
  enableHttpPostMethods: true,
  jwks: {
    keys: [
      keyPair('rsa', { modulusLength: 2048 }, 'rs'),
      keyPair('ec', { namedCurve: 'P-256' }, 'es', { alg: 'ES256' }),
      keyPair('ed25519', {}, 'ed'),
    ],
  },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...person }) }),
  acrValues: ['urn:peer:password'],
  clockTolerance: 15,
  claims: {
    amr: null, auth_time: null, acr: null,
    address: ['address'],
    email: ['email', 'email_verified'],
    phone: ['phone_number', 'phone_number_verified'],
    profile: ['birthdate', 'family_name', 'gender', 'given_name', 'locale', 'middle_name', 'name', 'nickname',
      'picture', 'preferred_username', 'profile', 'updated_at', 'website', 'zoneinfo'],
  },
  responseTypes: ['code'],
  subjectTypes: ['public', 'pairwise'],
  pairwiseIdentifier: (_ctx, accountId, { sectorIdentifier }) => (
    crypto.createHash('sha256').update(`${sectorIdentifier} ${accountId}`).digest('hex')),
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'self_signed_tls_client_auth', 'none'],
  enabledJWA: {
    authorizationSigningAlgValues: everyAlgorithm,
    clientAuthSigningAlgValues: strict,
    dPoPSigningAlgValues: [...strict, 'EdDSA'],
    idTokenSigningAlgValues: everyAlgorithm,
    requestObjectSigningAlgValues: everyAlgorithm,
    userinfoSigningAlgValues: everyAlgorithm,
  },
  extraClientMetadata: { properties: ['security'] },
  features: {
    backchannelLogout: { enabled: true },
    ciba: {
      enabled: true,
      deliveryModes: ['poll', 'ping'],
      processLoginHint: (_ctx, hint) => hint,
      validateBindingMessage() {},
      validateRequestContext() {},
      verifyUserCode() {},
      triggerAuthenticationDevice() {},
    },
    claimsParameter: { enabled: true },
    dPoP: { enabled: true, nonceSecret: crypto.randomBytes(32) },
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    fapi: { enabled: true, profile: (_ctx, client) => (client?.security === '2.0' ? '2.0' : undefined) },
    introspection: { enabled: true },
    jwtResponseModes: { enabled: true },
    jwtUserinfo: { enabled: true },
    mTLS: {
      enabled: true,
      certificateBoundAccessTokens: true,
      selfSignedTlsClientAuth: true,
      getCertificate: (ctx) => ctx.socket.getPeerX509Certificate(),
    },
    pushedAuthorizationRequests: { enabled: true },
    registration: { enabled: true, initialAccessToken: 'peer-initial-access-token' },
    registrationManagement: { enabled: true },
    requestObjects: { enabled: true },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource(ctx, form) {
        ctx.body = form.replace('</form>', '<button type="submit" name="logout" value="yes">Yes</button></form>');
      },
    },
  },
  // The guard of its own against addresses on this machine is in the way here: the tests listen on loopback.
  fetch: (url, { dispatcher, ...options }) => globalThis.fetch(url, options),
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  pkce: { required: (_ctx, client) => client.security === '2.0' },
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, DeviceCode: 600, Grant: 3600,
    IdToken: 600, Interaction: 600, PushedAuthorizationRequest: 60, RefreshToken: 3600, Session: 3600,
  },
});

showInteractions(provider);
actOnApproval(provider);

const server = https.createServer({
  requestCert: true,
  rejectUnauthorized: false,
  key: readFileSync(`${folder}/keys/peer.key.pem`),
  passphrase: readFileSync(`${folder}/keys/peer.pass`, 'utf8').trim(),
  cert: readFileSync(`${folder}/certificates/peer.pem`),
}, provider.callback());

function described(client) {
  const keys = ownKeys[Number(client.client_id.at(-1)) - 1];
  const path = `${folder}/${client.client_id}.jwks.json`;
  if (client.security === '2.0') writeFileSync(path, JSON.stringify({ keys }));
  return {
    client_id: client.client_id,
    client_secret: client.client_secret ?? null,
    redirect_uris: client.redirect_uris,
    post_logout_redirect_uris: client.post_logout_redirect_uris ?? [],
    profile: client.security === '2.0' ? 'fapi2' : 'standard',
    jwks_private: client.security === '2.0' ? path : null,
    certificate: null,
    key: null,
  };
}

server.listen(Number(port), '127.0.0.1', () => {
  writeFileSync(`${folder}/description.json`, JSON.stringify({
    issuer,
    roots: [`${folder}/certificates/peer.pem`],
    accounts: [{ username: 'somphone', password: 'any', totp_secret: null, person: 'somphone', kind: 'citizen' }],
    clients: clients.map(described),
    certificates: [],
    registration: { initial_access_token: 'peer-initial-access-token' },
    ciba_approval_url: `${issuer}/approve?auth_req_id={auth_req_id}&action={action}`,
  }));
  console.log('ready');
});
