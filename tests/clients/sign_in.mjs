// Signs a user in with @logto/node, unchanged. The test plays the browser: this script prints the addresses the SDK
// wants opened, one JSON line each, and reads the callback address from standard input.
import { createInterface } from 'node:readline/promises';
import LogtoClient from '@logto/node';

const { endpoint, appId, appSecret, redirectUri, postLogoutUri, resource, resourceScopes } = JSON.parse(process.env.CLIENT_CONFIG);

const memory = new Map();
const storage = {
  getItem: async (key) => memory.get(key) ?? null,
  setItem: async (key, value) => void memory.set(key, value),
  removeItem: async (key) => void memory.delete(key),
};
const say = (kind, value) => process.stdout.write(`${JSON.stringify({ kind, value })}\n`);

const client = new LogtoClient(
  { endpoint, appId, appSecret, scopes: ['email', 'phone', ...resourceScopes], resources: resource ? [resource] : [] },
  { storage, navigate: async (url) => say('navigate', url) },
);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
await client.signIn({ redirectUri });
await client.handleSignInCallback((await lines.next()).value);
say('result', {
  authenticated: await client.isAuthenticated(),
  claims: await client.getIdTokenClaims(),
  userInfo: await client.fetchUserInfo(),
  resourceToken: resource ? await client.getAccessToken(resource) : null,
  context: await client.getContext({ fetchUserInfo: true }),
});
await client.signOut(postLogoutUri);
say('signedOut', { authenticated: await client.isAuthenticated() });
process.exit(0);
