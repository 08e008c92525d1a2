import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCloud } from '../../testing/cloud.ts';
import { promptly } from '../../testing/promptly.ts';
import { refusal, rejected } from '../../testing/rejected.ts';

const EMAIL = 'arn:aws:dataprotection::aws:data-identifier/EmailAddress';

const policy = (identifiers: readonly string[], more: object = {}, destination: object = {}) =>
  JSON.stringify({
    Name: 'p',
    Version: '2021-06-01',
    Statement: [
      { Sid: 'audit', DataIdentifier: identifiers, Operation: { Audit: { FindingsDestination: destination } } },
      { Sid: 'redact', DataIdentifier: identifiers, Operation: { Deidentify: { MaskConfig: {} } } },
    ],
    ...more,
  });

test('Sensitive data is masked wherever events leave, but for who may unmask', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const put = (message: string) =>
    logs.putLogEvents({
      logGroupName: 'app',
      logStreamName: 's',
      logEvents: [{ timestamp: cloud.now().getTime(), message }],
    });
  await put('before ann@example.com');
  cloud.advance('PT1S');
  const Configuration = { CustomDataIdentifier: [{ Name: 'EmployeeId', Regex: 'EmployeeId-\\d{4}' }] };
  const policyDocument = policy([EMAIL, 'EmployeeId'], { Configuration });
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
  await put('{"to":"bob@example.com","id":"EmployeeId-1234","cc":"x@y.org"}');
  const masked = '{"to":"***************","id":"***************","cc":"*******"}';
  const read = async (more: object = {}) =>
    (await logs.filterLogEvents({ logGroupName: 'app', ...more })).events!.map(({ message }) => message);
  assert.deepEqual(await read(), ['before ann@example.com', masked]);
  assert.deepEqual(await read({ filterPattern: 'bob' }), []);
  assert.equal((await read({ unmask: true }))[1]!.includes('bob@example.com'), true);
  const one = await logs.getLogEvents({ logGroupName: 'app', logStreamName: 's', limit: 1 });
  assert.equal(one.events![0]!.message, masked);
  const range = { startTime: 0, endTime: Math.ceil(cloud.now().getTime() / 1000) };
  const { queryId } = await logs.startQuery({ logGroupName: 'app', queryString: 'display to', ...range });
  await cloud.settle();
  assert.equal((await logs.getQueryResults({ queryId })).results![0]![0]!.value, '*'.repeat(15));
  const unmasking = { logGroupName: 'app', queryString: 'display to, unmask(to) as clear', ...range };
  const open = await logs.startQuery(unmasking);
  await cloud.settle();
  const { results } = await logs.getQueryResults({ queryId: open.queryId });
  assert.deepEqual(
    results![0]!.slice(0, 2).map(({ value }) => value),
    ['*'.repeat(15), 'bob@example.com'],
  );
  const alice = await cloud.user('alice', {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'logs:*', Resource: '*' },
      { Effect: 'Deny', Action: 'logs:Unmask', Resource: '*' },
    ],
  });
  await rejected(
    alice.logs.filterLogEvents({ logGroupName: 'app', unmask: true }),
    'AccessDeniedException',
    /logs:Unmask/,
  );
  await rejected(alice.logs.startQuery(unmasking), 'AccessDeniedException', /logs:Unmask/);
  await rejected(alice.logs.getQueryResults({ queryId: open.queryId }), 'AccessDeniedException', /logs:Unmask/);
  const shown = await logs.getDataProtectionPolicy({ logGroupIdentifier: 'app' });
  assert.equal(shown.policyDocument, policyDocument);
  assert.equal((await logs.describeLogGroups({})).logGroups![0]!.dataProtectionStatus, 'ACTIVATED');
  await logs.deleteDataProtectionPolicy({ logGroupIdentifier: 'app' });
  assert.equal((await logs.getDataProtectionPolicy({ logGroupIdentifier: 'app' })).policyDocument, undefined);
});

test('Every data identifier that is taken masks what it names', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const samples: readonly (readonly [identifier: string, message: string, masked: string])[] = [
    ['EmailAddress', 'to ann.b@mail.example.com!', 'to **********************!'],
    ['IpAddress', 'from 203.0.113.9 to 2001:db8:0:0:0:0:0:1.', 'from *********** to ********************.'],
    [
      'OpenSshPrivateKey',
      '-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END OPENSSH PRIVATE KEY-----;',
      `${'*'.repeat(73)};`,
    ],
    ['PkcsPrivateKey', '-----BEGIN RSA PRIVATE KEY-----\\nabc', '*'.repeat(36)],
    ['PgpPrivateKey', 'a -----BEGIN PGP PRIVATE KEY BLOCK-----', `a ${'*'.repeat(37)}`],
    ['PuttyPrivateKey', 'PuTTY-User-Key-File-2: ssh-rsa x', `${'*'.repeat(30)} x`],
  ];
  for (const [identifier, message, masked] of samples) {
    await logs.createLogGroup({ logGroupName: identifier });
    await logs.createLogStream({ logGroupName: identifier, logStreamName: 's' });
    const policyDocument = policy([EMAIL.replace('EmailAddress', identifier)]);
    await logs.putDataProtectionPolicy({ logGroupIdentifier: identifier, policyDocument });
    const logEvents = [{ timestamp: cloud.now().getTime(), message }];
    await logs.putLogEvents({ logGroupName: identifier, logStreamName: 's', logEvents });
    const { events } = await logs.filterLogEvents({ logGroupName: identifier });
    assert.equal(events![0]!.message, masked, identifier);
  }
});

test('A policy of the account masks in all its groups, beside the groups’ own', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  const policyName = 'all';
  const policyType = 'DATA_PROTECTION_POLICY';
  const policyDocument = policy([EMAIL]);
  const made = await logs.putAccountPolicy({ policyName, policyType, policyDocument });
  assert.deepEqual(made.accountPolicy, {
    policyName,
    policyType,
    policyDocument,
    lastUpdatedTime: cloud.now().getTime(),
    scope: 'ALL',
    accountId: cloud.managementAccount,
  });
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const own = policy([EMAIL.replace('EmailAddress', 'IpAddress')]);
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument: own });
  const logEvents = [{ timestamp: cloud.now().getTime(), message: 'a@b.de from 10.0.0.1' }];
  await logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents });
  const read = async () => (await logs.filterLogEvents({ logGroupName: 'app' })).events![0]!.message;
  assert.equal(await read(), '****** from ********');
  assert.equal((await logs.describeAccountPolicies({ policyType })).accountPolicies!.length, 1);
  await logs.deleteAccountPolicy({ policyName, policyType });
  assert.equal(await read(), 'a@b.de from ********');
  const other = { policyName, policyType: 'SUBSCRIPTION_FILTER_POLICY', policyDocument: '{}' } as const;
  await refusal(logs.putAccountPolicy(other), 'InvalidParameterException');
});

test('A long message is masked where it must be, one that takes too long to look through is masked whole', async () => {
  const cloud = await testCloud();
  const { logs } = cloud.root;
  await logs.createLogGroup({ logGroupName: 'app' });
  await logs.createLogStream({ logGroupName: 'app', logStreamName: 's' });
  const Configuration = { CustomDataIdentifier: [{ Name: 'Own', Regex: 'a[ab]{200}c' }] };
  const policyDocument = policy([EMAIL, 'Own'], { Configuration });
  await logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
  const metricTransformations = [{ metricName: 'All', metricNamespace: 'Own', metricValue: '1' }];
  await logs.putMetricFilter({ logGroupName: 'app', filterName: 'all', filterPattern: 'x', metricTransformations });
  const long = 'the quick brown fox jumps over the lazy dog '.repeat(20_000);
  let seed = 1;
  const hostile = Array.from({ length: 50_000 }, () => 'ab'[(seed = (seed * 48_271) % 2_147_483_647) & 1]).join('');
  const messages = [hostile, 'to ann@example.com', `${long}a@b.de.`];
  const logEvents = messages.map((message) => ({ timestamp: cloud.now().getTime(), message }));
  const kept = await promptly(() => logs.putLogEvents({ logGroupName: 'app', logStreamName: 's', logEvents }));
  assert.equal(kept.rejectedLogEventsInfo, undefined);
  const page = { logGroupName: 'app', logStreamName: 's', startFromHead: true };
  const { events } = await promptly(() => logs.getLogEvents(page));
  const shown = ['*'.repeat(hostile.length), 'to ***************', `${long}******.`];
  assert.ok(events!.every(({ message }, i) => message === shown[i]));
  assert.equal(events!.length, shown.length);
});

test('A policy that is not honoured is refused', async () => {
  const { logs } = (await testCloud()).root;
  await logs.createLogGroup({ logGroupName: 'app' });
  const documents = [
    '{',
    policy([]),
    policy(['arn:aws:dataprotection::aws:data-identifier/DriversLicense-US']),
    policy([EMAIL], {}, { CloudWatchLogs: { LogGroup: 'x' } }),
    policy(['Own'], { Configuration: { CustomDataIdentifier: [{ Name: 'Own', Regex: '(a' }] } }),
    policy([EMAIL]).replace('2021-06-01', '2020-01-01'),
  ];
  for (const policyDocument of documents) {
    const put = logs.putDataProtectionPolicy({ logGroupIdentifier: 'app', policyDocument });
    await refusal(put, 'InvalidParameterException');
  }
});
