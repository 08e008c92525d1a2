/**
 * Signing in over a real socket: passwords of people of a directory, and credentials for who is signed in.
 *
 *   node bench/signin.ts [--people N] [--seconds N] [--directory]
 *
 * The plane is one process; passwords are proved on its thread pool, so beside the rate stands what a sign-in costs in
 * CPU time, and what that makes on one core: of people whom the plane does not remember, at the cost of a password that
 * planes have unless told otherwise and at the light one, and of people who come back within the hour. What is right,
 * and what the first may cost, is told in docs/decisions/0009-what-a-password-costs.md.
 *
 * With --directory: list, search and sign-in among 100,000 people and 10,000 groups, against a hundredth of them.
 */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Identitystore } from '@aws-sdk/client-identitystore';
import { Organizations } from '@aws-sdk/client-organizations';
import { SSOAdmin } from '@aws-sdk/client-sso-admin';
import { signedPage } from '../src/cli/signedPage.ts';
import { attributesOf } from '../src/gateway/record.ts';
import { openStore } from '../src/store/open.ts';
import { show } from './figures.ts';
import { fillDirectory } from './fillDirectory.ts';
import { load, type Measured } from './load.ts';
import { cpuMicroseconds, endpointOf, ROOT, startPlane, stopped, target } from './servers.ts';

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '40' },
    seconds: { type: 'string', default: '5' },
    directory: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const TARGET = target();
const ENDPOINT = endpointOf(TARGET);
const CLIENT = { endpoint: ENDPOINT, region: 'us-east-1', credentials: ROOT };
const PASSWORD = 'Correct-horse-1';
const SIGN_INS_MIN = 250;
/** A password of somebody who has not come for an hour is as much work as OWASP asks for. */
const FIRST_SIGN_INS_MIN = 15;
const CREDENTIALS_MIN = 2000;
const RATIO_MAX = 1.5;
const CALLS = 400;
const PEOPLE = Number(values.people);
const NAMES = Array.from({ length: PEOPLE }, (_none, i) => `person${i}`);

let plane: ChildProcess;
/** So that every sign-in is a first one. */
const FORGETFUL = ['--password-memory', '0'];
const LIGHT = ['--password-cost', 'light', ...FORGETFUL];

if (values.directory) await onPlane(LIGHT, among);
else {
  await onPlane(FORGETFUL, async (_folder, { store }) => {
    await measure('first sign-ins', FIRST_SIGN_INS_MIN, await signIns(store, NAMES), 8);
  });
  await onPlane([], async (_folder, { account, store }) => {
    const next = await signIns(store, NAMES);
    await load(TARGET, next, { connections: 1, seconds: Math.ceil(PEOPLE / FIRST_SIGN_INS_MIN) });
    await measure('returning people', SIGN_INS_MIN, next, 8);
    await measure('GetRoleCredentials', CREDENTIALS_MIN, await roleCredentials(store, account), 32);
  });
  await onPlane(LIGHT, async (_folder, { store }) => {
    await measure('first sign-ins, light', SIGN_INS_MIN, await signIns(store, NAMES), 8);
  });
}

interface Place {
  readonly account: string;
  readonly store: string;
}

/** A plane of its own, with people who have chosen their passwords. */
async function onPlane(flags: readonly string[], work: (folder: string, place: Place) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-bench-signin-'));
  plane = await startPlane(TARGET, folder, [...flags]);
  try {
    const place = await fill(PEOPLE);
    await signedPage(CLIENT, 'POST', '/_gatehouse/mfa', {}, { withoutDevice: 'ALLOW' });
    for (const name of NAMES) await choosePassword(place.store, name);
    await work(folder, place);
  } finally {
    plane.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What is asked of a directory, asked again of one a hundred times as large. */
async function among(folder: string, { store }: Place): Promise<void> {
  await grown(folder, store, [0, 1000], [0, 100]);
  const few = await asked(store);
  await grown(folder, store, [1000, 100_000], [100, 10_000]);
  const many = await asked(store);
  for (const [title, before] of Object.entries(few)) {
    const ratio = many[title]! / before;
    const figures = `${before.toFixed(2)} → ${many[title]!.toFixed(2)} ms`;
    show(`${title}, among a hundred times as many`, ratio, 'times', { atMost: RATIO_MAX }, figures);
  }
}

type Range = readonly [from: number, to: number];

/** The plane stops for it. */
async function grown(folder: string, identityStore: string, people: Range, groups: Range): Promise<void> {
  await stopped(plane);
  const url = `sqlite:${join(folder, 'gatehouse.db')}`;
  const store = await openStore(url, { attributes: attributesOf, followers: [], log: console.error });
  await fillDirectory(store, { identityStore, now: new Date(), people, groups });
  await store.close();
  plane = await startPlane(TARGET, folder, [...LIGHT]);
}

/** CPU time of the plane in milliseconds, each: what else the machine does is not in it. */
async function asked(IdentityStoreId: string): Promise<Record<string, number>> {
  const directory = new Identitystore(CLIENT);
  const Filters = [{ AttributePath: 'UserName', AttributeValue: 'person7' }];
  const next = await signIns(IdentityStoreId, NAMES);
  await load(TARGET, next, { connections: 1, seconds: 1 });
  return {
    list: await cpuOf(() => directory.listUsers({ IdentityStoreId, MaxResults: 50 })),
    search: await cpuOf(() => directory.listUsers({ IdentityStoreId, Filters })),
    'list of groups': await cpuOf(() => directory.listGroups({ IdentityStoreId, MaxResults: 50 })),
    'password sign-in, light cost': (await loaded(next, 1)).cpuEachMs,
  };
}

async function cpuOf(call: () => Promise<unknown>): Promise<number> {
  for (let n = 0; n < CALLS / 4; n++) await call();
  const before = cpuMicroseconds(plane)!;
  for (let n = 0; n < CALLS; n++) await call();
  return (cpuMicroseconds(plane)! - before) / 1000 / CALLS;
}

/** An organization whose management account is everybody's. */
async function fill(people: number): Promise<Place> {
  const { Organization } = await new Organizations(CLIENT).createOrganization({ FeatureSet: 'ALL' });
  const admin = new SSOAdmin(CLIENT);
  const { InstanceArn } = await admin.createInstance({});
  const { IdentityStoreId } = (await admin.listInstances({})).Instances![0]!;
  const directory = new Identitystore(CLIENT);
  const { GroupId } = await directory.createGroup({ IdentityStoreId, DisplayName: 'all' });
  for (let i = 0; i < people; i++) {
    const { UserId } = await directory.createUser({
      ...{ IdentityStoreId, UserName: `person${i}`, DisplayName: 'x', Name: { GivenName: 'x', FamilyName: 'x' } },
      Emails: [{ Value: `person${i}@example.com`, Primary: true }],
    });
    await directory.createGroupMembership({ IdentityStoreId, GroupId, MemberId: { UserId: UserId! } });
  }
  const { PermissionSet } = await admin.createPermissionSet({ InstanceArn, Name: 'Role' });
  const account = Organization!.MasterAccountId!;
  const { AccountAssignmentCreationStatus } = await admin.createAccountAssignment({
    ...{ InstanceArn, PermissionSetArn: PermissionSet!.PermissionSetArn, TargetId: account, TargetType: 'AWS_ACCOUNT' },
    ...{ PrincipalType: 'GROUP', PrincipalId: GroupId },
  });
  const AccountAssignmentCreationRequestId = AccountAssignmentCreationStatus!.RequestId;
  for (let status = 'IN_PROGRESS'; status === 'IN_PROGRESS'; ) {
    const told = await admin.describeAccountAssignmentCreationStatus({
      InstanceArn,
      AccountAssignmentCreationRequestId,
    });
    status = told.AccountAssignmentCreationStatus!.Status!;
  }
  return { account, store: IdentityStoreId! };
}

/** What a browser brings along to a form: its cookie, and the token of the page. */
async function formAt(path: string): Promise<{ cookie: string; csrf: string }> {
  const response = await fetch(ENDPOINT + path);
  const [, csrf] = /name="csrf" value="([^"]+)"/.exec(await response.text())!;
  return { cookie: response.headers.get('set-cookie')!.split(';')[0]!, csrf: csrf! };
}

async function post(path: string, page: string, fields: Record<string, string>): Promise<Response> {
  const { cookie, csrf } = await formAt(page);
  const body = new URLSearchParams({ ...fields, csrf });
  return fetch(ENDPOINT + path, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
}

async function choosePassword(store: string, name: string): Promise<void> {
  await post('/start/forgot', '/start/forgot', { store, name });
  const { letters } = await signedPage<{ letters: { to: string; text: string }[] }>(CLIENT, 'GET', '/_gatehouse/mail');
  const letter = letters.findLast(({ to }) => to.startsWith(`${name}@`))!;
  const token = /token=([\w-]+)/.exec(letter.text)![1]!;
  await post('/start/password', `/start/password?token=${token}`, { token, password: PASSWORD, again: PASSWORD });
}

async function signIns(store: string, names: readonly string[]): Promise<() => Buffer> {
  const { cookie, csrf } = await formAt('/start');
  const requests = names.map((name) => {
    const form = new URLSearchParams({ store, name, password: PASSWORD, next: '/start', csrf }).toString();
    const lines = [
      'POST /start/signin HTTP/1.1',
      `host: ${TARGET.host}:${TARGET.port}`,
      `cookie: ${cookie}`,
      'content-type: application/x-www-form-urlencoded',
      `content-length: ${form.length}`,
    ];
    return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${form}`);
  });
  let turn = 0;
  return () => requests[turn++ % requests.length]!;
}

async function roleCredentials(store: string, account: string): Promise<() => Buffer> {
  const response = await post('/start/signin', '/start', {
    store,
    name: 'person0',
    password: PASSWORD,
    next: '/start',
  });
  const token = response.headers.get('set-cookie')!.split(/[=;]/)[1]!;
  const lines = [
    `GET /federation/credentials?account_id=${account}&role_name=Role HTTP/1.1`,
    `host: ${TARGET.host}:${TARGET.port}`,
    `x-amz-sso_bearer_token: ${token}`,
  ];
  const request = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
  return () => request;
}

async function measure(name: string, perSecondMin: number, next: () => Buffer, connections: number): Promise<void> {
  await load(TARGET, next, { connections, seconds: 1 });
  const { measured, cpuEachMs } = await loaded(next, connections);
  tell(name, perSecondMin, measured, cpuEachMs);
}

async function loaded(next: () => Buffer, connections: number): Promise<{ measured: Measured; cpuEachMs: number }> {
  const before = cpuMicroseconds(plane)!;
  const measured = await load(TARGET, next, { connections, seconds });
  return { measured, cpuEachMs: (cpuMicroseconds(plane)! - before) / 1000 / (measured.perSecond * seconds) };
}

function tell(name: string, wanted: number, { perSecond, p50, p99, statuses }: Measured, cpuEachMs: number): void {
  const onOneCore = 1000 / cpuEachMs;
  const times = `p50 ${p50.toFixed(1)} ms  p99 ${p99.toFixed(1)} ms`;
  const rate = `${perSecond.toFixed(0)}/s, ${cpuEachMs.toFixed(2)} ms CPU each  ${times}  ${JSON.stringify(statuses)}`;
  show(`${name}, on one core`, onOneCore, '/s', { atLeast: wanted }, rate);
}
