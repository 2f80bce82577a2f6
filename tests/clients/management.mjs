// Drives a user's life with @logto/api, unchanged, and prints what it saw as one JSON line.
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
note('suspend', await api.PATCH('/api/users/{userId}/is-suspended', { ...path, body: { isSuspended: true } }));
note('duplicate', await api.POST('/api/users', { body: { username: 'sdk_user' } }));
note('delete', await api.DELETE('/api/users/{userId}', path));
note('gone', await api.GET('/api/users/{userId}', path));
process.stdout.write(`${JSON.stringify(seen)}\n`);
process.exit(0);
