// A public client of a hundred lines: authorization code with PKCE (RFC 7636). It keeps no token: closing the page forgets it.
const root = document.querySelector('[data-demo]');
const { issuer, client, address } = root.dataset;
const KEY = 'vestibule.demo';

const base64url = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
const decode = (part) => JSON.parse(new TextDecoder().decode(
  Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0)),
));

function show(name) {
  for (const part of root.querySelectorAll('[data-part]')) part.hidden = part.dataset.part !== name;
}

function fail(reason) {
  root.querySelector('[data-reason]').textContent = reason;
  show('failed');
}

async function begin(screen) {
  const kept = { verifier: random(), state: random(), nonce: random() };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(kept.verifier));
  sessionStorage.setItem(KEY, JSON.stringify(kept));
  const query = new URLSearchParams({
    client_id: client,
    redirect_uri: address,
    response_type: 'code',
    scope: 'openid profile email phone roles',
    state: kept.state,
    nonce: kept.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
    ui_locales: document.documentElement.lang,
  });
  if (screen) query.set('first_screen', screen);
  location.assign(`${issuer}/auth?${query}`);
}

async function finish(answer) {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? '{}');
  sessionStorage.removeItem(KEY);
  history.replaceState(null, '', address);
  if (!kept.state || answer.get('state') !== kept.state || answer.get('iss') !== issuer) return fail('state');
  if (answer.has('error')) return fail(answer.get('error_description') ?? answer.get('error'));
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: client,
      redirect_uri: address,
      code: answer.get('code'),
      code_verifier: kept.verifier,
    }),
  });
  const tokens = await response.json();
  if (!response.ok) return fail(tokens.error_description ?? tokens.error);
  // The token comes from the issuer itself, so its claims need no signature (OpenID Connect Core 3.1.3.7, 6).
  const claims = decode(tokens.id_token.split('.')[1]);
  if (claims.nonce !== kept.nonce || claims.iss !== issuer || claims.aud !== client) return fail('id_token');
  root.querySelector('[data-claims]').replaceChildren(...Object.entries(claims).map(row));
  show('done');
  root.querySelector('[data-part=done] h1').focus();
}

function row([name, value]) {
  const line = document.createElement('div');
  const [term, detail] = [document.createElement('dt'), document.createElement('dd')];
  line.className = 'row';
  detail.className = value === null ? 'value none' : 'value';
  term.textContent = name;
  detail.textContent = typeof value === 'string' ? value : JSON.stringify(value);
  line.append(term, detail);
  return line;
}

for (const button of root.querySelectorAll('[data-begin]')) {
  button.addEventListener('click', () => begin(button.dataset.begin));
}
root.querySelector('[data-end]').addEventListener('click', () => {
  location.assign(`${issuer}/session/end?${new URLSearchParams({ client_id: client, post_logout_redirect_uri: address })}`);
});

const answer = new URLSearchParams(location.search);
if (!globalThis.crypto?.subtle) fail(root.dataset.insecure);
else if (answer.has('code') || answer.has('error')) finish(answer).catch((error) => fail(String(error)));
else show('start');
