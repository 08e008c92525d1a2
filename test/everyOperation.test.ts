/**
 * Every implemented operation refuses a caller without permissions, and lets nobody reach from one account into
 * another. The operations are enumerated from the services themselves, so that none is forgotten.
 */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Service } from '../src/core/operation.ts';
import { services } from '../src/services/index.ts';
import type { Table, Transaction } from '../src/store/store.ts';
import { ADMIN, type Clients, type Cloud, testCloud } from '../src/testing/cloud.ts';
import { sampleInput } from './samples.ts';

/** Operations that a caller with no permissions may make, with AWS's reason. This list only shrinks. */
const OPEN: Readonly<Record<string, string>> = {
  'sts:GetCallerIdentity': 'No permissions are required to perform this operation (API reference).',
  'sts:GetSessionToken': 'No permissions are required for users to perform this operation (API reference).',
};

/** Operations that nobody signs: the token in the input is the credential, and a wrong one is refused as such. */
const UNSIGNED: Readonly<Record<string, string>> = {
  'sts:AssumeRoleWithSAML': 'InvalidIdentityToken',
  'sts:AssumeRoleWithWebIdentity': 'InvalidIdentityToken',
  'sso-oauth:RegisterClient': 'InvalidClientMetadataException',
  'sso-oauth:StartDeviceAuthorization': 'InvalidClientException',
  'sso-oauth:CreateToken': 'InvalidClientException',
  'awsssoportal:GetRoleCredentials': 'UnauthorizedException',
  'awsssoportal:ListAccountRoles': 'UnauthorizedException',
  'awsssoportal:ListAccounts': 'UnauthorizedException',
  'awsssoportal:Logout': 'UnauthorizedException',
};

const REFUSED = /^AccessDenied(Exception)?$/;
const loaded = await Promise.all(services.map((entry) => entry.load()));

for (const service of loaded) {
  describe(`${service.name}: every operation`, () => {
    let cloud: Cloud;
    let nobody: Clients;
    let victim: Victim;
    before(async () => {
      cloud = await testCloud();
      nobody = await cloud.user('nobody');
      victim = await victimIn(cloud);
    });
    for (const operation of Object.keys(service.operations)) {
      const name = `${service.prefix}:${operation}`;
      test(`${operation} refuses a caller without permissions`, async () => {
        const input = sampleInput(service, operation, { account: cloud.managementAccount });
        const outcome = await call(nobody, service, operation, input);
        if (name in OPEN) assert.equal(outcome.error, '', outcome.message);
        else if (name in UNSIGNED)
          assert.match(outcome.error, new RegExp(`^(${UNSIGNED[name]}|ValidationError)`), outcome.message);
        else assert.match(outcome.error, REFUSED, outcome.message);
      });
      test(`${operation} reaches nothing of another account`, async () => {
        const input = sampleInput(service, operation, { account: victim.account });
        const { value, writes } = await victim.watched(() => call(victim.intruder, service, operation, input));
        assert.deepEqual(writes, []);
        assert.ok(!JSON.stringify(value.output ?? {}).includes(MARK), 'the answer shows what another account holds');
      });
    }
  });
}

interface Outcome {
  readonly output?: unknown;
  /** The error's code; empty for a call that was answered. */
  readonly error: string;
  readonly message: string;
}

type SdkClient = { send(command: object): Promise<{ $metadata?: object }> };
const CLIENTS: Readonly<Record<string, keyof Clients>> = {
  ce: 'costExplorer',
  'cloudtrail-data': 'cloudtrailData',
  monitoring: 'cloudwatch',
  sso: 'ssoAdmin',
  'sso-oauth': 'ssoOidc',
  awsssoportal: 'sso',
  'access-analyzer': 'accessAnalyzer',
  's3-control': 's3control',
};

async function call(clients: Clients, service: Service, operation: string, input: object): Promise<Outcome> {
  const client = clients[CLIENTS[service.name] ?? (service.name as keyof Clients)] as SdkClient;
  const Command = (service.sdk as Record<string, new (input: object) => object>)[`${operation}Command`]!;
  try {
    const { $metadata: _, ...output } = await client.send(new Command(input));
    // Of many objects each is decided on its own, and told of in the answer.
    const [first] = operation === 'DeleteObjects' ? (output as { Errors?: { Code: string }[] }).Errors! : [];
    return { output, error: first?.Code ?? '', message: '' };
  } catch (error) {
    const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    // An answer to HEAD has no body to tell the code in.
    const refused = operation.startsWith('Head') && $metadata?.httpStatusCode === 403;
    return { error: refused ? 'AccessDenied' : name, message };
  }
}

const MARK = 'held-by-the-victim';

interface Victim {
  readonly account: string;
  /** Administrator of another account. */
  readonly intruder: Clients;
  /** The rows of the victim's account that were written while `work` ran. */
  watched<T>(work: () => Promise<T>): Promise<{ value: T; writes: string[] }>;
}

/** The management account with things in it that samples name, and an administrator somewhere else. */
async function victimIn(cloud: Cloud): Promise<Victim> {
  const { iam } = cloud.root;
  const Tags = [{ Key: 'mark', Value: MARK }];
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: { AWS: cloud.managementAccount }, Action: 'sts:AssumeRole' },
  });
  await iam.createUser({ UserName: 'sample', Tags });
  await iam.createGroup({ GroupName: 'sample' });
  await iam.createRole({ RoleName: 'sample', AssumeRolePolicyDocument: trust, Description: MARK, Tags });
  await iam.createPolicy({ PolicyName: 'sample', PolicyDocument: ADMIN, Description: MARK, Tags });
  await cloud.root.sqs.createQueue({ QueueName: 'sample', tags: { mark: MARK } });
  await cloud.root.sns.createTopic({ Name: 'sample', Tags });
  await cloud.root.kinesis.createStream({ StreamName: 'sample', ShardCount: 1, Tags: { mark: MARK } });
  // Whether there is a bucket of some name is everybody's to know: only of one that is there nothing is said.
  await cloud.root.s3.createBucket({ Bucket: 'sample-bucket', CreateBucketConfiguration: { Tags } });
  await moreOf(cloud, Tags);
  const other = await cloud.memberAccount('intruder');
  const intruder = await other.user('admin', ADMIN);
  return {
    account: cloud.managementAccount,
    intruder,
    watched: (work) => watching(cloud, cloud.managementAccount, work),
  };
}

type Tags = { readonly Key: string; readonly Value: string }[];

/** Of the services that watch, and keep keys. */
async function moreOf({ root, managementAccount }: Cloud, Tags: Tags): Promise<void> {
  const { logs, events, scheduler, cloudwatch, accessAnalyzer, kms, cloudtrail } = root;
  await logs.createLogGroup({ logGroupName: 'sample', tags: { mark: MARK } });
  await logs.createLogStream({ logGroupName: 'sample', logStreamName: 'sample' });
  await logs.putResourcePolicy({ policyName: 'sample', policyDocument: resourcePolicy(managementAccount) });
  await events.createEventBus({ Name: 'sample', Description: MARK, Tags });
  await events.putRule({ Name: 'sample', EventPattern: '{"source":["x"]}', Description: MARK, Tags });
  await scheduler.createScheduleGroup({ Name: 'sample', Tags });
  const alarm = { AlarmName: 'sample', AlarmDescription: MARK, MetricName: 'm', Namespace: 'n', Tags };
  const rule = { ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, Period: 60, Threshold: 1 } as const;
  await cloudwatch.putMetricAlarm({ ...alarm, ...rule, Statistic: 'Sum' });
  const text = { type: 'text', x: 0, y: 0, width: 1, height: 1, properties: { markdown: MARK } };
  await cloudwatch.putDashboard({ DashboardName: 'sample', DashboardBody: JSON.stringify({ widgets: [text] }) });
  await accessAnalyzer.createAnalyzer({ analyzerName: 'sample', type: 'ACCOUNT', tags: { mark: MARK } });
  const { KeyMetadata } = await kms.createKey({ Description: MARK, Tags: [{ TagKey: 'mark', TagValue: MARK }] });
  await kms.createAlias({ AliasName: 'alias/sample', TargetKeyId: KeyMetadata!.KeyId });
  await cloudtrail.createEventDataStore({ Name: 'sample-name', TagsList: Tags });
}

const resourcePolicy = (account: string) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Sid: MARK,
      ...{ Effect: 'Allow', Principal: { Service: 'events.amazonaws.com' }, Action: 'logs:PutLogEvents' },
      ...{ Resource: `arn:aws:logs:us-east-1:${account}:log-group:sample:*` },
    },
  });

async function watching<T>(cloud: Cloud, account: string, work: () => Promise<T>) {
  const { store } = cloud.deps;
  const writes: string[] = [];
  const plain = store.transaction.bind(store);
  const note = (table: Table<never>, row: unknown) => {
    if (JSON.stringify(row).includes(`"${account}"`)) writes.push(`${table.name}: ${JSON.stringify(row)}`);
  };
  store.transaction = (inner) => plain((tx) => inner(noting(tx, note)));
  try {
    return { value: await work(), writes };
  } finally {
    store.transaction = plain;
  }
}

function noting(tx: Transaction, note: (table: Table<never>, row: unknown) => void): Transaction {
  return {
    get: (table, key) => tx.get(table, key),
    list: (table, prefix, page) => tx.list(table, prefix, page),
    count: (table, prefix, index) => tx.count(table, prefix, index),
    fits: (table, prefix, max, index) => tx.fits(table, prefix, max, index),
    append: (entry) => tx.append(entry),
    bytes: (id) => tx.bytes(id),
    putBytes: (id, bytes) => tx.putBytes(id, bytes),
    dropBytes: (id) => tx.dropBytes(id),
    insert: (table, row) => {
      note(table as Table<never>, row);
      return tx.insert(table, row);
    },
    replace: (table, row) => {
      note(table as Table<never>, row);
      return tx.replace(table, row);
    },
    remove: (table, key) => {
      note(table as Table<never>, key);
      return tx.remove(table, key);
    },
  };
}
