// Microsoft's msal-node and microsoft-graph-client, unpatched, against the simulated tenant: by secret and by
// certificate, a second token while the first assertion lives, all pages, one device, a batch, an error.
//
// Usage: graph_client.mjs TENANT_ID CLIENT_ID SECRET_FILE CERTIFICATE_FILE KEY_FILE EXPECTED_DEVICES
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { ConfidentialClientApplication } from '@azure/msal-node';
import { BatchRequestContent, Client, PageIterator } from '@microsoft/microsoft-graph-client';

import { check } from './check.mjs';

const [tenant, clientId, secretFile, certificateFile, keyFile, expected] = process.argv.slice(2);
const scopes = ['https://graph.microsoft.com/.default'];
const DEVICES = '/deviceManagement/managedDevices';

function application(proof) {
  const auth = { clientId, authority: `https://login.microsoftonline.com/${tenant}`, ...proof };
  return new ConfidentialClientApplication({ auth });
}

// The cache is passed over, so that each time is a sign-in; the assertion is the library's own affair.
async function signIn(name, proof) {
  const app = application(proof);
  const tokens = [];
  for (let turn = 0; turn < 2; turn += 1) {
    const { accessToken } = await app.acquireTokenByClientCredential({ scopes, skipCache: true });
    tokens.push(accessToken);
  }
  check(`msal-node: ${name} earns a token, and a second one`, tokens[0] !== tokens[1] && tokens[1].length > 100);
  return tokens[1];
}

async function walk(client) {
  const first = await client.api(DEVICES).top(100).select(['id', 'deviceName']).get();
  const ids = new Set();
  const iterator = new PageIterator(client, first, (device) => ids.add(device.id) && true);
  await iterator.iterate();
  check(`microsoft-graph-client: all ${expected} devices came, each once`, ids.size === Number(expected));
  return [...ids];
}

async function useGraph(token) {
  const client = Client.init({ authProvider: (done) => done(null, token) });
  const ids = await walk(client);
  const device = await client.api(`${DEVICES}/${ids[0]}`).get();
  check('one device is read by its id', device.id === ids[0]);
  const apps = await client.api(`${DEVICES}/${ids[0]}`).version('beta').expand('detectedApps').get();
  check('apps are expanded', Array.isArray(apps.detectedApps) && apps.detectedApps.length > 0);
  const found = await client.api(DEVICES).filter("startswith(operatingSystem,'Win')").top(5).get();
  check('a filter is taken', found.value.length === 5 && found.value.every((one) => one.operatingSystem === 'Windows'));
  const steps = ids.slice(0, 20).map((id, index) => ({
    id: String(index),
    request: new Request(`https://graph.microsoft.com${DEVICES}/${id}`, { method: 'GET' }),
  }));
  const content = await new BatchRequestContent(steps).getContent();
  const batch = await client.api('/$batch').post(content);
  check('twenty devices are read in a batch', batch.responses.every((one) => one.status === 200));
  try {
    await client.api(`${DEVICES}/00000000-0000-4000-8000-000000000000`).get();
  } catch (error) {
    check('a device that is not there is a 404 with a request id', error.statusCode === 404 && Boolean(error.requestId));
    return;
  }
  throw new Error('a device that is not there was found');
}

const certificate = readFileSync(certificateFile, 'utf8');
const privateKey = readFileSync(keyFile, 'utf8');
const thumbprint = (kind) => createHash(kind).update(new X509Certificate(certificate).raw).digest('hex');
const clientSecret = readFileSync(secretFile, 'utf8').trim();

const token = await signIn('a secret', { clientSecret });
await signIn('a certificate', {
  clientCertificate: { thumbprintSha256: thumbprint('sha256'), privateKey },
});
await signIn('a certificate with its chain', {
  clientCertificate: { thumbprintSha256: thumbprint('sha256'), privateKey, x5c: certificate },
});
await useGraph(token);
try {
  await application({ clientSecret: 'wrong' }).acquireTokenByClientCredential({ scopes });
} catch (error) {
  check("msal-node reports Entra's code", String(error).includes('7000215'));
}
