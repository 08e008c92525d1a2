/** Two planes on one PostgreSQL: what one wrote, the other knows and enforces; killing one loses nothing. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { IAM } from '@aws-sdk/client-iam';
import { findPostgres } from '../src/store/conformance/postgresCluster.ts';

const root = join(import.meta.dirname, '..');
const credentials = { accessKeyId: 'AKIASCALESCALESCALEX', secretAccessKey: 'scale' };
const cluster = await findPostgres();

test('two planes share one PostgreSQL', { skip: cluster ? false : 'skipped: no PostgreSQL' }, async (t) => {
  const data = mkdtempSync(join(tmpdir(), 'gatehouse-scale-'));
  const started: ChildProcess[] = [];
  t.after(async () => {
    for (const child of started) child.kill('SIGKILL');
    await cluster!.stop();
    rmSync(data, { recursive: true, force: true });
  });
  const store = await cluster!.database();
  const first = await start(data, store, started);
  const second = await start(data, store, started);

  await first.iam.createUser({ UserName: 'alice' });
  assert.equal((await second.iam.getUser({ UserName: 'alice' })).User!.UserName, 'alice');
  const { AccessKey } = await second.iam.createAccessKey({ UserName: 'alice' });
  const key = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const alice = clientsAt(first.endpoint, key);
  await assert.rejects(alice.iam.listUsers({}), { name: 'AccessDenied' });
  const allow = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' } };
  const PolicyDocument = JSON.stringify(allow);
  await second.iam.putUserPolicy({ UserName: 'alice', PolicyName: 'list', PolicyDocument });
  assert.equal(await eventually(() => alice.iam.listUsers({})), 1);
  await second.iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: key.accessKeyId });
  await assert.rejects(
    retiring(() => alice.iam.listUsers({})),
    { name: 'InvalidClientTokenId' },
  );

  started[1]!.kill('SIGKILL');
  const { Events } = await first.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'PutUserPolicy' }],
  });
  assert.equal(Events!.length, 1, 'the record of the plane that was killed is there');
});

/** Another plane hears of a change within a moment. */
async function eventually(ask: () => Promise<{ Users?: unknown[] | undefined }>): Promise<number> {
  for (let i = 0; i < 50; i++) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer.Users!.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return -1;
}

async function retiring(ask: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < 50; i++) {
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function clientsAt(endpoint: string, of: typeof credentials) {
  const config = { endpoint, region: 'us-east-1', credentials: of, maxAttempts: 1 };
  return { endpoint, iam: new IAM(config), cloudtrail: new CloudTrail(config) };
}

function start(data: string, store: string, started: ChildProcess[]): Promise<ReturnType<typeof clientsAt>> {
  const key = [
    '--root-access-key-id',
    credentials.accessKeyId,
    '--root-secret-access-key',
    credentials.secretAccessKey,
  ];
  const args = ['src/main.ts', '--port', '0', '--data', data, '--store', store, ...key];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const endpoint = /ready at (\S+)/.exec(text)?.[1];
      if (endpoint) resolve(clientsAt(endpoint, credentials));
    });
    child.once('exit', () => reject(new Error(`The plane ended before it was ready: ${text}`)));
  });
}
