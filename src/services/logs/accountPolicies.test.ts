/** Transformers and field indexes for all groups of an account, or for some. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { fill, rows } from '../../testing/logQueries.ts';
import { refusal } from '../../testing/rejected.ts';

const TRANSFORMER = JSON.stringify([{ csv: { columns: ['method', 'code'] } }]);
const INDEX = JSON.stringify({ Fields: ['code'] });

test('A transformer policy transforms the groups it is for, unless they have a transformer themselves', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const policy = {
    policyType: 'TRANSFORMER_POLICY' as const,
    policyName: 'web',
    policyDocument: TRANSFORMER,
    selectionCriteria: 'LogGroupNamePrefix IN ["app", "web"]',
  };
  const { accountPolicy } = await logs.putAccountPolicy(policy);
  assert.deepEqual(
    [accountPolicy?.policyDocument, accountPolicy?.selectionCriteria, accountPolicy?.scope],
    [TRANSFORMER, 'LogGroupNamePrefix IN ["app", "web"]', 'ALL'],
  );
  await logs.createLogGroup({ logGroupName: 'app/own' });
  await logs.putTransformer({ logGroupIdentifier: 'app/own', transformerConfig: [{ csv: { columns: ['a', 'b'] } }] });
  await logs.createLogStream({ logGroupName: 'app/own', logStreamName: 's' });
  const logEvents = [{ timestamp: cloud.now().getTime(), message: 'GET,200' }];
  await logs.putLogEvents({ logGroupName: 'app/own', logStreamName: 's', logEvents });
  for (const name of ['app', 'other']) await fill(cloud, name, [[0, 'GET,200']]);
  const of = (logGroupName: string) => rows(cloud, 'fields method, code, a', { logGroupName });
  assert.deepEqual(await of('app'), [{ method: 'GET', code: '200' }]);
  assert.deepEqual(await of('app/own'), [{ a: 'GET' }]);
  assert.deepEqual(await of('other'), [{}]);
  const filter = (logGroupName: string) =>
    logs.putMetricFilter({
      logGroupName,
      filterName: 'f',
      filterPattern: '',
      applyOnTransformedLogs: true,
      metricTransformations: [{ metricNamespace: 'N', metricName: 'm', metricValue: '1' }],
    });
  await filter('app');
  await refusal(filter('other'), 'InvalidParameterException');
  await logs.deleteAccountPolicy({ policyType: 'TRANSFORMER_POLICY', policyName: 'web' });
  assert.deepEqual((await logs.describeAccountPolicies({ policyType: 'TRANSFORMER_POLICY' })).accountPolicies, []);
});

test('A field index policy indexes the groups of an account', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const policyType = 'FIELD_INDEX_POLICY' as const;
  await logs.putAccountPolicy({ policyType, policyName: 'all', policyDocument: INDEX });
  await fill(cloud, 'app', [
    [0, { code: 200 }],
    [1, { code: 500 }],
  ]);
  assert.deepEqual(await rows(cloud, 'fields code | filterIndex code = 500'), [{ code: '500' }]);
  const { indexPolicies } = await logs.describeIndexPolicies({ logGroupIdentifiers: ['app'] });
  assert.deepEqual(
    indexPolicies?.map(({ policyName, source }) => [policyName, source]),
    [['all', 'ACCOUNT']],
  );
  const { fieldIndexes } = await logs.describeFieldIndexes({ logGroupIdentifiers: ['app'] });
  assert.deepEqual(
    fieldIndexes?.map((i) => [i.fieldIndexName, i.logGroupIdentifier]),
    [['code', undefined]],
  );
  assert.equal((await logs.listLogGroups({ fieldIndexNames: ['code'] })).logGroups?.length, 1);
  assert.equal((await logs.describeAccountPolicies({ policyType, policyName: 'all' })).accountPolicies?.length, 1);
  assert.deepEqual((await logs.describeAccountPolicies({ policyType, policyName: 'x' })).accountPolicies, []);
});

test('PutAccountPolicy refuses what is no policy, and two policies for one group', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const put = (more: object) =>
    logs.putAccountPolicy({ policyType: 'TRANSFORMER_POLICY', policyName: 'p', policyDocument: TRANSFORMER, ...more });
  const wrong = [
    { policyDocument: '{}' },
    { policyDocument: '[]' },
    { policyDocument: '[{"addKeys": {"entries": []}}]' },
    { policyDocument: '[null]' },
    { policyDocument: '[{"csv": 7}]' },
    { selectionCriteria: 'LogGroupName NOT IN ["a"]' },
    { selectionCriteria: 'LogGroupNamePrefix IN []' },
    { policyType: 'FIELD_INDEX_POLICY', policyDocument: '{}' },
    { policyType: 'RETENTION_POLICY', policyDocument: '{}' },
    { policyType: 'SUBSCRIPTION_FILTER_POLICY' },
    { dryRun: true },
  ];
  for (const more of wrong) await refusal(put(more), 'InvalidParameterException');
  await put({ selectionCriteria: 'LogGroupNamePrefix IN ["my-log"]' });
  const overlapping = put({ policyName: 'q', selectionCriteria: 'LogGroupNamePrefix IN ["my-logging"]' });
  await refusal(overlapping, 'InvalidParameterException');
  await refusal(put({ policyName: 'q' }), 'InvalidParameterException');
  await put({ policyName: 'q', selectionCriteria: 'LogGroupNamePrefix IN ["your"]' });
  const missing = logs.deleteAccountPolicy({ policyType: 'TRANSFORMER_POLICY', policyName: 'r' });
  await refusal(missing, 'ResourceNotFoundException');
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Action: 'logs:PutAccountPolicy', Resource: '*' },
  });
  const refused = alice.logs.putAccountPolicy({
    policyType: 'FIELD_INDEX_POLICY',
    policyName: 'p',
    policyDocument: INDEX,
  });
  assert.match((await refusal(refused, 'AccessDeniedException')).message, /logs:PutIndexPolicy/);
});
