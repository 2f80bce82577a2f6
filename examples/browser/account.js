// Sign in with PKCE (RFC 7636) and use the settings API. Serve this folder: python3 -m http.server 8000
const IDENTITY = 'http://localhost:3001/oidc';
const API = 'http://localhost:3002/api';
const CLIENT_ID = new URLSearchParams(location.search).get('client_id') ?? sessionStorage.getItem('client_id');
const HERE = `${location.origin}/`;
const state = document.getElementById('state');

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

async function signIn() {
  const verifier = random();
  const expected = random();
  sessionStorage.setItem('client_id', CLIENT_ID);
  sessionStorage.setItem('verifier', verifier);
  sessionStorage.setItem('state', expected);
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: HERE,
    response_type: 'code',
    scope: 'openid account:read account:profile',
    resource: API,
    state: expected,
    code_challenge: base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))),
    code_challenge_method: 'S256',
  });
  location.assign(`${IDENTITY}/auth?${query}`);
}

async function token(answer) {
  if (answer.get('state') !== sessionStorage.getItem('state')) throw new Error('This answer belongs to another sign-in.');
  const response = await fetch(`${IDENTITY}/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: CLIENT_ID,
      redirect_uri: HERE,
      code: answer.get('code'),
      code_verifier: sessionStorage.getItem('verifier'),
      resource: API,
    }),
  });
  if (!response.ok) throw new Error((await response.json()).message);
  return (await response.json()).access_token;
}

async function call(accessToken, method, body) {
  const response = await fetch(`${API}/me`, {
    method,
    headers: { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.detail);
  return answer;
}

try {
  if (!CLIENT_ID) throw new Error('Open this page with ?client_id=… of an application of the type spa.');
  const answer = new URLSearchParams(location.search);
  if (!answer.has('code')) await signIn();
  else {
    const accessToken = await token(answer);
    const me = await call(accessToken, 'GET');
    state.textContent = `Signed in as ${me.username ?? me.email ?? me.phone}`;
    document.getElementById('name').value = me.name ?? '';
    const form = document.getElementById('form');
    form.hidden = false;
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const saved = await call(accessToken, 'PATCH', { name: document.getElementById('name').value });
      state.textContent = `Saved: ${saved.name ?? 'no name'}`;
    });
  }
} catch (error) {
  state.textContent = error.message;
}
