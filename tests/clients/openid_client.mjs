// Signs a user in with openid-client, unchanged. The test plays the browser, as in sign_in.mjs.
import { createInterface } from 'node:readline/promises';
import * as oidc from 'openid-client';

const { issuer, clientId, clientSecret, redirectUri, postLogoutUri } = JSON.parse(process.env.CLIENT_CONFIG);
const say = (kind, value) => process.stdout.write(`${JSON.stringify({ kind, value })}\n`);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// Plain http, because the server under test listens on this machine alone; every check of the SDK stays on.
const config = await oidc.discovery(new URL(issuer), clientId, clientSecret, undefined, {
  execute: [oidc.allowInsecureRequests],
});
const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
say(
  'navigate',
  oidc.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: 'openid profile email offline_access',
    prompt: 'consent',
    code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: 'S256',
    state: expectedState,
    nonce: expectedNonce,
  }).href,
);
const tokens = await oidc.authorizationCodeGrant(config, new URL((await lines.next()).value), {
  pkceCodeVerifier,
  expectedState,
  expectedNonce,
  idTokenExpected: true,
});
const claims = tokens.claims();
const userInfo = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
const known = await oidc.tokenIntrospection(config, renewed.access_token);
await oidc.tokenRevocation(config, renewed.refresh_token ?? tokens.refresh_token);
const afterwards = await oidc.tokenIntrospection(config, renewed.access_token);
say('result', { claims, userInfo, renewed: renewed.claims(), known, afterwards });
say(
  'navigate',
  oidc.buildEndSessionUrl(config, {
    post_logout_redirect_uri: postLogoutUri,
    id_token_hint: tokens.id_token,
    state: 'leaving',
  }).href,
);
process.exit(0);
