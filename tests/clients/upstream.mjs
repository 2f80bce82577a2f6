// A real OpenID provider, npm's oidc-provider, and GitHub's paths before the same provider; one client is sent its answers
// by a form, as Apple does. Whoever signs in exists: `ben`
// and those whose name begins so have an address that nobody has checked. Prints one JSON line with its address, and runs
// until its input ends.
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const { redirectUris, clientSecret } = JSON.parse(process.env.CLIENT_CONFIG);
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;

const person = (sub) => ({
  sub,
  name: sub[0].toUpperCase() + sub.slice(1).split('@')[0],
  email: sub.includes('@') ? sub : `${sub}@example.com`,
  email_verified: !sub.startsWith('ben'),
});
const client = (client_id, token_endpoint_auth_method) => ({
  client_id,
  client_secret: clientSecret,
  token_endpoint_auth_method,
  redirect_uris: redirectUris,
  grant_types: ['authorization_code'],
});

const provider = new Provider(issuer, {
  clients: [
    client('basic', 'client_secret_basic'),
    client('post', 'client_secret_post'),
    client('assertion', 'client_secret_jwt'),
    {
      ...client('form', 'client_secret_post'),
      application_type: 'native', // may be answered at http://localhost
      redirect_uris: redirectUris.filter((uri) => uri.startsWith('http://localhost')),
      grant_types: ['authorization_code', 'implicit'],
      response_types: ['code id_token'],
    },
  ],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'client_secret_jwt'],
  claims: { openid: ['sub'], profile: ['name'], email: ['email', 'email_verified'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: () => person(id) }),
  pkce: { required: (_, { clientId }) => !['post', 'form'].includes(clientId) },
  cookies: { keys: ['a key of this test alone'] },
});
const handle = provider.callback();

const json = (response, value, status = 200) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
};
const whose = async (request) => {
  const token = await provider.AccessToken.find((request.headers.authorization ?? '').replace(/^Bearer /, ''));
  return token && person(token.accountId);
};

server.on('request', async (request, response) => {
  const url = new URL(request.url, issuer);
  if (url.pathname === '/login/oauth/authorize') {
    // GitHub takes no response type, and scopes of its own.
    url.searchParams.set('response_type', 'code');
    url.searchParams.set('scope', 'openid profile email');
    response.writeHead(302, { location: `/auth?${url.searchParams}` });
    return response.end();
  }
  if (url.pathname === '/login/oauth/access_token') {
    // GitHub asks for no grant type and no redirect URI, and answers a form unless JSON is asked for.
    let sent = '';
    for await (const chunk of request) sent += chunk;
    const form = new URLSearchParams(sent);
    const code = await provider.AuthorizationCode.find(form.get('code') ?? '');
    form.set('grant_type', 'authorization_code');
    form.set('redirect_uri', code?.redirectUri ?? redirectUris[0]);
    const answer = await fetch(`${issuer}/token`, { method: 'POST', body: form });
    const said = await answer.json();
    if (request.headers.accept === 'application/json') return json(response, said);
    response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' });
    return response.end(new URLSearchParams(said).toString());
  }
  if (url.pathname === '/user') {
    const found = await whose(request);
    return found ? json(response, { id: found.sub, login: found.sub, name: found.name }) : json(response, {}, 401);
  }
  if (url.pathname === '/user/emails') {
    const found = await whose(request);
    return json(response, [{ email: found.email, primary: true, verified: found.email_verified, visibility: null }]);
  }
  return handle(request, response);
});

console.log(JSON.stringify({ kind: 'address', value: issuer }));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
