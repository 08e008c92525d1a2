/** Two planes on one PostgreSQL: what one wrote, the other knows and enforces; killing one loses nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CloudTrail } from '@aws-sdk/client-cloudtrail';
import { IAM } from '@aws-sdk/client-iam';
import { findPostgres } from '../src/store/conformance/postgresCluster.ts';
import { folder, type Plane, startedPlane } from './processes.ts';

const key = { accessKeyId: 'AKIASCALESCALESCALEX', secretAccessKey: 'scale' };
const cluster = await findPostgres();

test('two planes share one PostgreSQL', { skip: cluster ? false : 'skipped: no PostgreSQL' }, async (t) => {
  const data = folder(t);
  const flags = ['--store', await cluster!.database()];
  const planes = [await startedPlane(t, data, { key, flags }), await startedPlane(t, data, { key, flags })];
  t.after(() => cluster!.stop());
  const [first, second] = planes.map(({ config }) => clientsOf(config)) as [Clients, Clients];

  await first.iam.createUser({ UserName: 'alice' });
  assert.equal((await second.iam.getUser({ UserName: 'alice' })).User!.UserName, 'alice');
  const { AccessKey } = await second.iam.createAccessKey({ UserName: 'alice' });
  const credentials = { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
  const alice = clientsOf({ ...planes[0]!.config, credentials });
  await assert.rejects(alice.iam.listUsers({}), { name: 'AccessDenied' });
  const allow = { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: 'iam:ListUsers', Resource: '*' } };
  const PolicyDocument = JSON.stringify(allow);
  await second.iam.putUserPolicy({ UserName: 'alice', PolicyName: 'list', PolicyDocument });
  assert.equal(await eventually(() => alice.iam.listUsers({})), 1);
  await second.iam.deleteAccessKey({ UserName: 'alice', AccessKeyId: credentials.accessKeyId });
  await assert.rejects(
    retiring(() => alice.iam.listUsers({})),
    { name: 'InvalidClientTokenId' },
  );

  await planes[1]!.kill();
  const { Events } = await first.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'PutUserPolicy' }],
  });
  assert.equal(Events!.length, 1, 'the record of the plane that was killed is there');
});

/** Another plane hears of a change within a moment, which is long where the machine is busy. */
async function eventually(ask: () => Promise<{ Users?: unknown[] | undefined }>): Promise<number> {
  for (let i = 0; i < PATIENCE; i++) {
    const answer = await ask().catch(() => undefined);
    if (answer) return answer.Users!.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return -1;
}

async function retiring(ask: () => Promise<unknown>): Promise<void> {
  for (let i = 0; i < PATIENCE; i++) {
    await ask();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Times that it is asked again. */
const PATIENCE = 500;

type Clients = ReturnType<typeof clientsOf>;

const clientsOf = (config: Plane['config']) => ({ iam: new IAM(config), cloudtrail: new CloudTrail(config) });
