// The certified provider of others, for `benchmarks.idp`: everything in the memory of one process, no password hash.
// `node oidc_provider.js MODULES CONFIGURATION`; CONFIGURATION is JSON: port, key, passphrase, certificate, clients.

import * as crypto from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as https from 'node:https';
import { pathToFileURL } from 'node:url';

const [modules, file] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(`${modules}/oidc-provider/lib/index.js`));
const given = JSON.parse(readFileSync(file, 'utf8'));
const issuer = `https://localhost:${given.port}`;
const { privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' });
const api = { scope: 'read', audience: given.resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } };

const provider = new Provider(issuer, {
  clients: given.clients,
  cookies: { keys: [crypto.randomBytes(32).toString('hex')] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'es', use: 'sig', alg: 'ES256' }] },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...given.person }) }),
  claims: given.claims,
  responseTypes: ['code'],
  scopes: ['openid', 'read'],
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
    resourceIndicators: {
      enabled: true,
      defaultResource: (_ctx, client) => (client.scope === 'read' ? given.resource : undefined),
      getResourceServerInfo: () => api,
    },
  },
  async loadExistingGrant(ctx) {
    const grant = new provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope(given.scope);
    await grant.save();
    return grant;
  },
  issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  pkce: { required: () => true },
  ttl: {
    AccessToken: 600, AuthorizationCode: 60, ClientCredentials: 600, Grant: 3600, IdToken: 600, Interaction: 600,
    RefreshToken: 3600, Session: 3600,
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  if (ctx.method === 'GET') {
    await provider.interactionDetails(ctx.req, ctx.res);
    ctx.type = 'html';
    ctx.body = `<html><form method="post" action="${ctx.path}"><input name="username"><input name="password"></form></html>`;
    return undefined;
  }
  let body = '';
  for await (const part of ctx.req) body += part;
  const accountId = new URLSearchParams(body).get('username');
  await provider.interactionFinished(ctx.req, ctx.res, { login: { accountId } });
  ctx.respond = false;
  return undefined;
});

https.createServer({
  key: readFileSync(given.key), passphrase: given.passphrase, cert: readFileSync(given.certificate),
}, provider.callback()).listen(given.port, '127.0.0.1');
