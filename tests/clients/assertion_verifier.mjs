// The connector against somebody else's token endpoint: oidc-provider verifies its assertions, and a least Graph takes
// only tokens that the provider signed. So what the simulator takes is not the only judge of what the connector signs.
//
// Usage: assertion_verifier.mjs PROGRAM CERTIFICATE_FILE KEY_FILE OTHER_KEY_FILE
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, exportJWK, importX509, jwtVerify } from 'jose';
import { Provider } from 'oidc-provider';

import { check } from './check.mjs';

const [program, certificateFile, keyFile, otherKeyFile] = process.argv.slice(2);
const TENANT = '11111111-2222-4333-8444-555555555555';
const CLIENT = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
const TOKEN_PATH = `/${TENANT}/oauth2/v2.0/token`;
const DEVICES = 25;
const PAGE = 10;

const assertions = [];

async function startProvider(base) {
  const key = await exportJWK(await importX509(readFileSync(certificateFile, 'utf8'), 'PS256', { extractable: true }));
  const scope = `${base}/.default`;
  return new Provider(base, {
    clients: [{
      client_id: CLIENT,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
      scope,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ kty: key.kty, n: key.n, e: key.e, use: 'sig' }] },
    }],
    clientAuthMethods: ['private_key_jwt'],
    enabledJWA: { clientAuthSigningAlgValues: ['PS256', 'RS256'] },
    scopes: [scope],
    routes: { token: TOKEN_PATH },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => base,
        getResourceServerInfo: () => ({ scope, audience: base, accessTokenFormat: 'jwt', accessTokenTTL: 3599 }),
      },
    },
    ttl: { ClientCredentials: 3599 },
  });
}

function device(index) {
  const number = String(index).padStart(12, '0');
  return {
    id: `00000000-0000-4000-8000-${number}`, deviceName: `PC-${number}`, operatingSystem: 'Windows',
    serialNumber: `S${number}`, lastSyncDateTime: '2026-11-19T10:00:00Z', enrolledDateTime: '2026-01-01T10:00:00Z',
  };
}

function answerGraph(base, url) {
  if (url.pathname.endsWith('/managedDeviceOverview')) {
    return { enrolledDeviceCount: DEVICES };
  }
  const skip = Number(url.searchParams.get('$skiptoken') ?? 0);
  const top = Math.min(Number(url.searchParams.get('$top') ?? PAGE), PAGE);
  const value = Array.from({ length: DEVICES }, (_, index) => device(index)).slice(skip, skip + top);
  const body = { '@odata.count': value.length, value };
  if (skip + top < DEVICES) body['@odata.nextLink'] = `${base}${url.pathname}?$top=${top}&$skiptoken=${skip + top}`;
  return body;
}

async function serveGraph(base, keys, request, response) {
  const url = new URL(request.url, base);
  let status = 200;
  let body = answerGraph(base, url);
  try {
    await jwtVerify((request.headers.authorization ?? '').replace(/^Bearer /, ''), keys, { audience: base, issuer: base });
  } catch (error) {
    status = 401;
    body = { error: { code: 'InvalidAuthenticationToken', message: String(error) } };
  }
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

async function readForm(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()));
}

async function start() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const base = `http://127.0.0.1:${server.address().port}`;
  const provider = await startProvider(base);
  const signIn = provider.callback();
  const keys = createRemoteJWKSet(new URL(`${base}/jwks`));
  server.on('request', async (request, response) => {
    if (request.url.startsWith('/v1.0/') || request.url.startsWith('/beta/')) {
      await serveGraph(base, keys, request, response);
      return;
    }
    if (request.url === TOKEN_PATH) {
      request.body = await readForm(request);
      assertions.push(request.body.client_assertion);
    }
    signIn(request, response);
  });
  return { server, base };
}

function run(args) {
  return new Promise((ended) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (text) => { said += text; });
    child.stderr.on('data', (text) => { said += text; });
    child.on('close', (code) => ended({ code, said }));
  });
}

function judge(base, algorithm) {
  check(`each assertion is signed by ${algorithm}`, assertions.length > 0
    && assertions.every((one) => decodeProtectedHeader(one).alg === algorithm));
  const claims = assertions.map((one) => decodeJwt(one));
  check('it is for the token endpoint, of the client, and used once', claims.every((one) => one.aud === base + TOKEN_PATH
    && one.iss === CLIENT && one.sub === CLIENT) && new Set(claims.map((one) => one.jti)).size === claims.length);
  assertions.length = 0;
}

const { server, base } = await start();
const address = ['--tenant', TENANT, '--client', CLIENT, '--login-url', base, '--graph-url', base];
const flags = [...address, '--cert', certificateFile, '--key', keyFile];
const pairs = [...address, '--set', `cert_file=${certificateFile}`, '--set', `key_file=${keyFile}`];
for (const [algorithm, given] of [['PS256', flags], ['RS256', [...flags, '--set', 'algorithm=rs256']],
  ['RS256', [...pairs, '--set', 'algorithm=rs256']]]) {
  const scanned = await run(['scan', '--dry-run', ...given, '--json']);
  check(`scan --dry-run reads all devices: ${scanned.code === 0 ? '' : scanned.said}`, scanned.code === 0
    && scanned.said.includes(String(DEVICES)));
  judge(base, algorithm);
}
const wrong = await run(['verify', ...address, '--cert', certificateFile, '--key', otherKeyFile]);
check('a key that is not the certificate\'s is refused', wrong.code !== 0);
server.close();
server.closeAllConnections();
