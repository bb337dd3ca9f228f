// The pages that the provider leaves to those who use it, without script; and the telephone of CIBA, as an address.

import { errors } from 'oidc-provider';

const forms = {
  login: `<input name="login" autocomplete="username"><input name="password" type="password" autocomplete="current-password">
    <button type="submit" name="action" value="sign-in">Sign in</button>`,
  consent: `<button type="submit" name="answer" value="agree">Agree</button>
    <button type="submit" name="answer" value="deny">Deny</button>`,
};

async function typed(req) {
  let body = '';
  for await (const part of req) body += part;
  return new URLSearchParams(body);
}

async function granted(provider, details) {
  const { prompt: { details: missing }, params, session } = details;
  const known = details.grantId && await provider.Grant.find(details.grantId);
  const grant = known || new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  if (missing.missingOIDCScope) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
  if (missing.missingOIDCClaims) grant.addOIDCClaims(missing.missingOIDCClaims);
  return grant.save();
}

async function outcome(provider, details, answers) {
  if (answers.get('answer') === 'deny') {
    return { error: 'access_denied', error_description: 'the person said no' };
  }
  if (details.prompt.name === 'login') {
    return { login: { accountId: answers.get('login'), acr: 'urn:peer:password', amr: ['pwd'] } };
  }
  return { consent: { grantId: await granted(provider, details) } };
}

export function showInteractions(provider) {
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith('/interaction/')) return next();
    const details = await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.method === 'POST') {
      const result = await outcome(provider, details, await typed(ctx.req));
      await provider.interactionFinished(ctx.req, ctx.res, result, { mergeWithLastSubmission: true });
      ctx.respond = false;
      return undefined;
    }
    const client = await provider.Client.find(details.params.client_id);
    const links = [client.logoUri, client.policyUri, client.tosUri].filter(Boolean);
    ctx.type = 'html';
    ctx.body = `<html lang="${details.params.ui_locales ?? 'en'}"><form method="post" action="${ctx.path}">${forms[details.prompt.name]}</form>
      ${links.map((link) => `<a href="${link}">${link}</a>`).join(' ')}</html>`;
    return undefined;
  });
}

export function actOnApproval(provider) {
  provider.use(async (ctx, next) => {
    if (ctx.path !== '/approve') return next();
    const request = await provider.BackchannelAuthenticationRequest.find(ctx.query.auth_req_id);
    if (ctx.query.action === 'allow') {
      const client = await provider.Client.find(request.clientId);
      const grant = new provider.Grant({ client, accountId: request.accountId });
      grant.addOIDCScope(request.scope);
      await grant.save();
      await provider.backchannelResult(request, grant, { acr: 'urn:peer:password' }).catch(() => {});
    } else {
      await provider.backchannelResult(request, new errors.AccessDenied('the person said no')).catch(() => {});
    }
    ctx.body = { done: true };
    return undefined;
  });
}
