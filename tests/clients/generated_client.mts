// A client of openapi-fetch, typed by what openapi-typescript made of docs/openapi.json, against a running bus: as a
// management server it reads a whole fleet page by page, as an operator the list of devices.
//
// Usage: generated_client.mjs BUS_URL TENANT_CONTROL_URL SERVER_TOKEN_FILE OPERATOR_PASSWORD_FILE
// (The operator is called demo.)
import { readFileSync } from 'node:fs';

import createClient from 'openapi-fetch';

import { check } from './check.mjs';
import type { components, paths } from './generated_sics.mjs';

type Change = components['schemas']['Change'];
type Device = components['schemas']['Device'];
type Problem = components['schemas']['Problem'];

const PAGE = 100;
const path = { server: 'generated-typescript' };

const [bus, control, tokenFile, passwordFile] = process.argv.slice(2) as [string, string, string, string];
const secret = (file: string): string => readFileSync(file, 'utf8').trim();
const open = (authorization: string) => createClient<paths>({ baseUrl: bus, headers: { authorization } });
const client = open(`Bearer ${secret(tokenFile)}`);
const operator = open(`Basic ${Buffer.from(`demo:${secret(passwordFile)}`).toString('base64')}`);

function need<T>(answer: { data?: T; error?: Problem }): T {
  if (answer.data === undefined) throw new Error(JSON.stringify(answer.error));
  return answer.data;
}

async function announce(): Promise<void> {
  const body = { displayName: 'Generated for TypeScript' };
  const announced = need(await client.PUT('/sics/v1/servers/{server}', { params: { path }, body }));
  check('it announces itself', !announced.accepted);
  const { error, response } = await client.GET('/sics/v1/servers/{server}/changes', { params: { path } });
  check('before it is accepted, a problem says so', response.status === 403 && error?.code === 'notAccepted'
    && error.advice.length > 0);
  const accepted = need(await operator.POST('/sics/v1/servers/{server}/accept', { params: { path } }));
  check('an operator accepts it', accepted.accepted);
}

/** Applies a change; answers whether the snapshot has ended. */
function apply(held: Map<string, Device>, seen: Set<string>, change: Change): boolean {
  switch (change.kind) {
    case 'snapshotBegin':
      seen.clear();
      return false;
    case 'snapshotEnd':
      for (const id of held.keys()) {
        if (!seen.has(id) && !(change.setAside ?? []).includes(id)) held.delete(id);
      }
      return true;
    case 'upsert':
      if (change.deviceId && change.device) {
        held.set(change.deviceId, change.device);
        seen.add(change.deviceId);
      }
      return false;
    case 'gone':
      if (change.deviceId) held.delete(change.deviceId);
      return false;
    default:
      // The compiler knows that there is no other kind.
      return change.kind satisfies never;
  }
}

/** The fleet as the first snapshot tells it, each page by the cursor of the one before. */
async function follow(): Promise<Map<string, Device>> {
  const held = new Map<string, Device>();
  const seen = new Set<string>();
  let cursor: string | undefined;
  let pages = 0;
  for (let ended = false; !ended; pages += 1) {
    const query = { cursor, limit: PAGE, wait_ms: 60_000 };
    const page = need(await client.GET('/sics/v1/servers/{server}/changes', { params: { path, query } }));
    for (const change of page.changes) ended = apply(held, seen, change) || ended;
    cursor = page.cursor;
  }
  check(`${held.size} devices came on ${pages} pages`, pages > held.size / PAGE);
  const body = { cursor: cursor ?? '' };
  const { moved } = need(await client.POST('/sics/v1/servers/{server}/changes/ack', { params: { path }, body }));
  check('the cursor is acknowledged', moved);
  const rest = need(await client.GET('/sics/v1/servers/{server}/changes', { params: { path } }));
  check('what is acknowledged does not come again', rest.changes.length < PAGE
    && rest.changes.every((change) => change.kind === 'upsert'));
  return held;
}

function judgeTypes(devices: Device[]): void {
  const moments = devices.flatMap((device): string[] => device.lastSyncDateTime ? [device.lastSyncDateTime] : []);
  check('times are RFC 3339', moments.length > 0 && moments.every((one) => !Number.isNaN(Date.parse(one))));
  const sizes = devices.map((device): number => device.totalStorageSpaceInBytes ?? 0);
  check('numbers are numbers', sizes.some((size) => size > 2 ** 32));
  const encrypted = new Set(devices.map((device): boolean | null | undefined => device.isEncrypted));
  check('yes and no are that', encrypted.has(true) && encrypted.has(false));
  const names = devices.map((device): string | null | undefined => device.deviceName);
  check('names are text', names.every((name) => typeof name === 'string'));
  // @ts-expect-error: the type has no such field, so what is read above is not just anything.
  check('a field that is not there is not there', devices.every((device) => device.deviceNam === undefined));
}

async function listAll(): Promise<Set<string>> {
  const ids = new Set<string>();
  let after: string | undefined;
  do {
    const page = need(await operator.GET('/sics/v1/devices', { params: { query: { limit: PAGE, after } } }));
    for (const { deviceId } of page.devices) ids.add(deviceId);
    after = page.after ?? undefined;
  } while (after !== undefined);
  return ids;
}

await announce();
const held = await follow();
const overview = await (await fetch(control)).json() as { tenants: { devices: number }[] };
const expected = overview.tenants[0]?.devices;
check(`these are the ${expected} devices of the tenant`, held.size === expected);
judgeTypes([...held.values()]);
const listed = await listAll();
check('the list of devices has the same', listed.size === held.size && [...listed].every((id) => held.has(id)));
const { actions } = need(await operator.GET('/sics/v1/actions'));
check('the parameters of an action are a schema', actions.length > 0
  && actions.every(({ parameters }) => parameters['type'] === 'object'));
