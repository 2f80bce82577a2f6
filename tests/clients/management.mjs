// Drives a user's life with @logto/api, unchanged. Prints one JSON line when it needs the code that was sent, which it
// reads from standard input, and one with what it saw.
import { createInterface } from 'node:readline';
import { createManagementApi } from '@logto/api/management';

const { endpoint, clientId, clientSecret } = JSON.parse(process.env.CLIENT_CONFIG);
const { apiClient: api } = createManagementApi('default', {
  clientId,
  clientSecret,
  baseUrl: endpoint,
  apiIndicator: 'https://default.logto.app/api',
});

const seen = {};
const note = (name, { response, data, error }) => {
  seen[name] = { status: response.status, data: data ?? null, error: error ?? null };
  return data;
};

const created = note('create', await api.POST('/api/users', {
  body: { username: 'sdk_user', primaryEmail: 'sdk@example.com', password: 'correct horse battery', name: 'Sdk' },
}));
const path = { params: { path: { userId: created.id } } };
note('get', await api.GET('/api/users/{userId}', path));
note('search', await api.GET('/api/users', { params: { query: { search: '%sdk%' } } }));
note('update', await api.PATCH('/api/users/{userId}', { ...path, body: { name: 'Renamed' } }));
note('profile', await api.PATCH('/api/users/{userId}/profile', { ...path, body: { profile: { nickname: 'Sd' } } }));
note('customData', await api.PATCH('/api/users/{userId}/custom-data', { ...path, body: { customData: { a: 1 } } }));
note('verify', await api.POST('/api/users/{userId}/password/verify', { ...path, body: { password: 'correct horse battery' } }));
note('wrongPassword', await api.POST('/api/users/{userId}/password/verify', { ...path, body: { password: 'wrong' } }));
note('hasPassword', await api.GET('/api/users/{userId}/has-password', path));
note('sendCode', await api.POST('/api/verification-codes', { body: { email: 'sdk@example.com' } }));
process.stdout.write(`${JSON.stringify({ kind: 'code', value: 'sdk@example.com' })}\n`);
const [verificationCode] = await new Promise((resolve) => createInterface(process.stdin).once('line', (line) => resolve([line])));
note('verifyCode', await api.POST('/api/verification-codes/verify', { body: { email: 'sdk@example.com', verificationCode } }));
note('setPassword', await api.PATCH('/api/users/{userId}/password', { ...path, body: { password: 'another long one' } }));

const app = note('application', await api.POST('/api/applications', {
  body: {
    name: 'Robot', type: 'Native',
    oidcClientMetadata: { redirectUris: ['robot://callback'], postLogoutRedirectUris: [] },
    customClientMetadata: { allowTokenExchange: true },
  },
}));
const pat = note('createToken', await api.POST('/api/users/{userId}/personal-access-tokens', { ...path, body: { name: 'robot' } }));
const exchange = async (name) => {
  const response = await fetch(`${endpoint}/oidc/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange', client_id: app.id, scope: 'openid profile',
      subject_token: pat.value, subject_token_type: 'urn:logto:token-type:personal_access_token',
    }),
  });
  const data = await response.json();
  return note(name, { response, data, error: response.ok ? null : data });
};
const exchanged = await exchange('exchange');
const me = await fetch(`${endpoint}/oidc/me`, { headers: { authorization: `Bearer ${exchanged.access_token}` } });
note('userInfo', { response: me, data: await me.json() });
note('listTokens', await api.GET('/api/users/{userId}/personal-access-tokens', path));
note('addTotp', await api.POST('/api/users/{userId}/mfa-verifications', { ...path, body: { type: 'Totp' } }));
note('addCodes', await api.POST('/api/users/{userId}/mfa-verifications', { ...path, body: { type: 'BackupCode' } }));
const factors = note('factors', await api.GET('/api/users/{userId}/mfa-verifications', path));
note('removeFactor', await api.DELETE('/api/users/{userId}/mfa-verifications/{verificationId}', {
  params: { path: { ...path.params.path, verificationId: factors[0].id } },
}));
note('suspend', await api.PATCH('/api/users/{userId}/is-suspended', { ...path, body: { isSuspended: true } }));
await exchange('exchangeSuspended');
note('duplicate', await api.POST('/api/users', { body: { username: 'sdk_user' } }));
note('delete', await api.DELETE('/api/users/{userId}', path));
note('gone', await api.GET('/api/users/{userId}', path));
process.stdout.write(`${JSON.stringify({ kind: 'seen', value: seen })}\n`);
process.exit(0);
