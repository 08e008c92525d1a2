import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../../testing/cloud.ts';
import { rejected } from '../../../testing/rejected.ts';

const policyType = 'RETENTION_POLICY' as const;
const document = (retentionInDays: unknown, enforcementMode = 'RETROACTIVE') =>
  JSON.stringify({ retentionInDays, enforcementMode });

async function account() {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const group = (logGroupName: string) => logs.createLogGroup({ logGroupName });
  const put = (policyName: string, policyDocument: string, prefix?: string) =>
    logs.putAccountPolicy({
      ...{ policyName, policyType, policyDocument },
      ...(prefix && { selectionCriteria: `LogGroupNamePrefix IN ["${prefix}"]` }),
    });
  /** Group → days and the policy that says so. */
  const found = async () => {
    const { logGroups } = await logs.describeLogGroups({});
    return Object.fromEntries(
      logGroups!.map(({ logGroupName, retentionInDays, retentionPolicyName }) => [
        logGroupName,
        [retentionInDays, retentionPolicyName],
      ]),
    );
  };
  const days = async (duration: string) => {
    cloud.advance(duration);
    await cloud.settle();
  };
  return { cloud, logs, group, put, found, days };
}

test('A retention policy counts from a day later on; the longest of several does; its end is felt at once', async () => {
  const { logs, group, put, found, days } = await account();
  await group('app');
  await group('audit');
  await logs.putRetentionPolicy({ logGroupName: 'app', retentionInDays: 3653 });
  await put('base', document(90));
  await days('PT23H');
  assert.deepEqual(await found(), { app: [3653, undefined], audit: [undefined, undefined] });
  await days('PT1H');
  assert.deepEqual(await found(), { app: [90, 'base'], audit: [90, 'base'] });
  await put('audits', document('NEVER_EXPIRE'), 'aud');
  await put('base', document(30));
  await group('later');
  await days('P1D');
  assert.deepEqual(await found(), { app: [30, 'base'], audit: [undefined, 'audits'], later: [30, 'base'] });
  const { accountPolicies } = await logs.describeAccountPolicies({ policyType });
  assert.deepEqual(
    accountPolicies!.map(({ policyName, policyDocument, selectionCriteria }) => [
      policyName,
      policyDocument,
      selectionCriteria,
    ]),
    [
      ['audits', document('NEVER_EXPIRE'), 'LogGroupNamePrefix IN ["aud"]'],
      ['base', document(30), undefined],
    ],
  );
  await logs.deleteAccountPolicy({ policyName: 'base', policyType });
  await days('PT1S');
  assert.deepEqual(await found(), {
    app: [3653, undefined],
    audit: [undefined, 'audits'],
    later: [undefined, undefined],
  });
});

test('NEW_ONLY is for groups that are younger than the policy', async () => {
  const { group, put, found, days } = await account();
  await group('old');
  await days('PT1S');
  await put('new', document(60, 'NEW_ONLY'));
  await days('PT1S');
  await group('young');
  await days('P1D');
  await group('youngest');
  assert.deepEqual(await found(), { old: [undefined, undefined], young: [60, 'new'], youngest: [60, 'new'] });
});

test('Events go when the policy says so', async () => {
  const { cloud, logs, group, put, days } = await account();
  await group('app');
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const timestamp = cloud.now().getTime();
  await logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents: [{ timestamp, message: 'm' }] });
  await put('base', document(30));
  await days('P29D');
  assert.equal((await logs.filterLogEvents({ logGroupName: 'app' })).events!.length, 1);
  await days('P2D');
  assert.equal((await logs.filterLogEvents({ logGroupName: 'app' })).events!.length, 0);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.storedBytes, 0);
});

test('A dry run tells what a policy, or its end, would come to, and keeps nothing', async () => {
  const { logs, group, put, found, days } = await account();
  for (const name of ['a', 'b', 'c']) await group(name);
  await logs.putRetentionPolicy({ logGroupName: 'a', retentionInDays: 7 });
  await logs.putRetentionPolicy({ logGroupName: 'b', retentionInDays: 90 });
  const asked = { policyName: 'p', policyType, policyDocument: document(90), dryRun: true };
  const { accountPolicy, dryRunResult } = await logs.putAccountPolicy(asked);
  assert.equal(accountPolicy, undefined);
  const { topLogGroupsImpacted, ...counts } = dryRunResult!;
  assert.deepEqual(counts, {
    totalMatchedLogGroups: 3,
    increasedRetentionLogGroupCount: 1,
    decreasedRetentionLogGroupCount: 1,
    unchangedRetentionLogGroupCount: 1,
    failedAnalysisCount: 0,
  });
  assert.deepEqual(
    topLogGroupsImpacted!
      .map(({ currentRetention, proposedRetention }) => [currentRetention, proposedRetention])
      .sort(),
    [
      ['7', '90'],
      ['90', '90'],
      ['NEVER_EXPIRE', '90'],
    ],
  );
  assert.deepEqual((await logs.describeAccountPolicies({ policyType })).accountPolicies, []);
  await put('p', document(90));
  await days('P1D');
  const ended = await logs.deleteAccountPolicy({ policyName: 'p', policyType, dryRun: true });
  assert.equal(ended.dryRunResult!.decreasedRetentionLogGroupCount, 1);
  assert.equal(ended.dryRunResult!.increasedRetentionLogGroupCount, 1);
  assert.deepEqual((await found()).a, [90, 'p']);
});

test('What is no retention policy is refused; so are more than 20', async () => {
  const { logs, put } = await account();
  for (const wrong of ['{', '[]', document(7), document(90, 'ALWAYS'), '{"retentionInDays":90}']) {
    await rejected(put('p', wrong), 'InvalidParameterException', /^Invalid retention policy/);
  }
  for (let n = 0; n < 20; n++) await put(`p${n}`, document(90));
  await rejected(put('p20', document(90)), 'LimitExceededException', /20 policies/);
  await rejected(
    logs.putAccountPolicy({
      policyName: 'd',
      policyType: 'DATA_PROTECTION_POLICY',
      policyDocument: '{}',
      dryRun: true,
    }),
    'InvalidParameterException',
    /dry run/,
  );
});
