// oauth4webapi, a client that no one here wrote: it discovers the server, is given tokens, and gives them back.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { ask, url } from '../server.js';

const insecure = { [oauth.allowInsecureRequests]: true };
const issuer = new URL(url);
const BACK = 'http://127.0.0.1:9/back';

const discovered = async () =>
  oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }));

async function made(client) {
  const answer = await ask('/v1/admin/clients', { method: 'POST', body: JSON.stringify(client) });
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  return answer.json();
}

const status = async (token, path = '/v1/items?limit=1') =>
  (await fetch(url + path, { headers: { Authorization: `Bearer ${token}` } })).status;

/** A browser that a person is signed in with by a link that works once. */
async function signedIn() {
  const { url: link } = await (await ask('/v1/admin/sign-in-links', { method: 'POST' })).json();
  const answer = await fetch(link, { redirect: 'manual' });
  assert.equal(answer.status, 303);
  const [cookie] = answer.headers.getSetCookie()[0].split(';');
  return (path, options = {}) =>
    fetch(new URL(path, url), {
      redirect: 'manual',
      ...options,
      headers: { Cookie: cookie, 'Sec-Fetch-Site': 'same-origin', ...options.headers },
    });
}

/** Does what the person does: looks at the page and sends its form. */
async function consent(browser, address, answer) {
  const page = await browser(address);
  assert.equal(page.status, 200, await page.clone().text());
  assert.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/);
  const html = await page.text();
  const action = /<form method="post" action="([^"]+)"/.exec(html)[1];
  const ticket = /name="ticket" value="([^"]+)"/.exec(html)[1];
  const sent = await browser(action, { method: 'POST', body: new URLSearchParams({ ticket, answer }) });
  assert.equal(sent.status, 303, await sent.clone().text());
  return new URL(sent.headers.get('location'));
}

test('the server is discovered, and its keys are public', async () => {
  const server = await discovered();
  assert.equal(server.issuer, url);
  assert.deepEqual(server.code_challenge_methods_supported, ['S256']);
  const { keys } = await (await fetch(server.jwks_uri)).json();
  assert.ok(keys.length > 0);
  for (const key of keys) {
    assert.equal(key.alg, 'RS256');
    assert.ok(!('d' in key) && !('p' in key));
  }
});

test('a program is given a token of its own, which is checked, introspected and given back', async () => {
  const server = await discovered();
  const { id, secret } = await made({ name: 'reporting', scopes: ['item:read'] });
  const client = { client_id: id };
  for (const authentication of [oauth.ClientSecretBasic(secret), oauth.ClientSecretPost(secret)]) {
    const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, new URLSearchParams(), insecure);
    const tokens = await oauth.processClientCredentialsResponse(server, client, answer);
    assert.equal(tokens.scope, 'item:read');
    assert.equal(tokens.refresh_token, undefined);
    assert.equal(await status(tokens.access_token), 200);
    assert.equal(await status(tokens.access_token, '/v1/notes?limit=1'), 403);
    assert.equal(await status(tokens.access_token, '/v1/admin/clients'), 403);

    const request = new Request(url, { headers: { Authorization: `Bearer ${tokens.access_token}` } });
    const claims = await oauth.validateJwtAccessToken(server, request, url, insecure);
    assert.equal(claims.client_id, id);
    assert.equal(claims.sub, id);

    const introspected = await oauth.processIntrospectionResponse(server, client,
      await oauth.introspectionRequest(server, client, authentication, tokens.access_token, insecure));
    assert.equal(introspected.active, true);
    assert.equal(introspected.client_id, id);

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(server, client, authentication, tokens.access_token, insecure));
    assert.equal(await status(tokens.access_token), 401);
    const after = await oauth.introspectionRequest(server, client, authentication, tokens.access_token, insecure);
    assert.deepEqual(await after.json(), { active: false });
  }
  const wrong = await oauth.clientCredentialsGrantRequest(server, client, oauth.ClientSecretPost('wrong'), new URLSearchParams(), insecure);
  await assert.rejects(oauth.processClientCredentialsResponse(server, client, wrong), /invalid_client|authentic/i);
});

test('a person consents by a browser, and the program goes on by refreshing', async () => {
  const server = await discovered();
  const { id, secret } = await made({
    name: 'app',
    type: 'public',
    grantTypes: ['authorization_code', 'refresh_token'],
    redirectUris: [BACK],
    scopes: ['item:read', 'item:write'],
  });
  assert.equal(secret, undefined);
  const client = { client_id: id };
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const address = new URL(server.authorization_endpoint);
  address.search = new URLSearchParams({
    client_id: id,
    redirect_uri: BACK,
    response_type: 'code',
    scope: 'item:read',
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
  });

  const stranger = await fetch(address, { redirect: 'manual' });
  assert.equal(stranger.status, 303);
  assert.match(stranger.headers.get('location'), /^\/\?then=%2Foauth%2Fauthorize%3F/);

  const browser = await signedIn();
  const refused = await consent(browser, address, 'refuse');
  assert.throws(() => oauth.validateAuthResponse(server, client, refused, state), { error: 'access_denied' });

  const back = await consent(browser, address, 'allow');
  // It knows by iss whose answer that is (RFC 9207).
  const parameters = oauth.validateAuthResponse(server, client, back, state);
  const redeem = async () =>
    oauth.processAuthorizationCodeResponse(server, client, await oauth.authorizationCodeGrantRequest(
      server, client, oauth.None(), parameters, BACK, verifier, insecure));
  const tokens = await redeem();
  assert.equal(await status(tokens.access_token), 200);
  assert.equal(await status(tokens.access_token, '/v1/notes?limit=1'), 403);

  const refresh = async (token) =>
    oauth.processRefreshTokenResponse(server, client,
      await oauth.refreshTokenGrantRequest(server, client, oauth.None(), token, insecure));
  const next = await refresh(tokens.refresh_token);
  assert.notEqual(next.refresh_token, tokens.refresh_token);
  assert.equal(await status(next.access_token), 200);
  // A second use tells that somebody else has it.
  await assert.rejects(refresh(tokens.refresh_token), { error: 'invalid_grant' });
  assert.equal(await status(next.access_token), 401);
  await assert.rejects(refresh(next.refresh_token), { error: 'invalid_grant' });
  await assert.rejects(redeem(), { error: 'invalid_grant' });
});
