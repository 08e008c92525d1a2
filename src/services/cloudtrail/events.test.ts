import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LookupAttributeKey } from '@aws-sdk/client-cloudtrail';
import { type Clients, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';
import { loggingTrail } from './fixtures.ts';

const names = async (clients: Clients, input: Parameters<Clients['cloudtrail']['lookupEvents']>[0] = {}) =>
  ((await clients.cloudtrail.lookupEvents(input)).Events ?? []).map((event) => event.EventName);

const by = (AttributeKey: LookupAttributeKey, AttributeValue: string) => ({
  LookupAttributes: [{ AttributeKey, AttributeValue }],
});

test('LookupEvents lists the events of the account, newest first, with what CloudTrail wrote', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createGroup({ GroupName: 'staff' });
  cloud.advance('PT1M');
  await cloud.root.iam.createUser({ UserName: 'alice', Path: '/people/' });
  cloud.advance('PT1M');
  assert.deepEqual(await names(cloud.root), ['CreateUser', 'CreateGroup']);

  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents(by('EventName', 'CreateUser'));
  const [event] = Events;
  assert.equal(Events.length, 1);
  assert.ok(event?.CloudTrailEvent);
  const record = JSON.parse(event.CloudTrailEvent);
  assert.equal(event.EventId, record.eventID);
  assert.equal(event.ReadOnly, 'false');
  assert.equal(event.Username, 'root');
  assert.equal(event.EventSource, 'iam.amazonaws.com');
  assert.equal(event.AccessKeyId, record.userIdentity.accessKeyId);
  assert.equal(event.EventTime?.toISOString(), '2030-01-01T00:01:00.000Z');
  assert.equal(record.eventTime, '2030-01-01T00:01:00Z');
  assert.deepEqual(record.requestParameters, { path: '/people/', userName: 'alice' });
  const id = record.responseElements.user.userId;
  assert.deepEqual(event.Resources, [
    { ResourceType: 'AWS::IAM::User', ResourceName: 'alice' },
    { ResourceType: 'AWS::IAM::User', ResourceName: 'arn:aws:iam::111122223333:user/people/alice' },
    { ResourceType: 'AWS::IAM::User', ResourceName: id },
  ]);
});

test('LookupEvents pages with a token that holds for its own question only', async () => {
  const cloud = await testCloud();
  for (const name of ['a', 'b', 'c', 'd', 'e']) await cloud.root.iam.createGroup({ GroupName: name });
  const seen: (string | undefined)[] = [];
  let token: string | undefined;
  do {
    const page = await cloud.root.cloudtrail.lookupEvents({
      ...by('EventName', 'CreateGroup'),
      MaxResults: 2,
      ...(token && { NextToken: token }),
    });
    seen.push(...(page.Events ?? []).map((event) => event.Resources?.[0]?.ResourceName));
    token = page.NextToken;
  } while (token);
  assert.deepEqual(seen, ['e', 'd', 'c', 'b', 'a']);

  const first = await cloud.root.cloudtrail.lookupEvents({ ...by('EventName', 'CreateGroup'), MaxResults: 2 });
  const NextToken = first.NextToken as string;
  const sentence = 'Invalid NextToken.';
  const { cloudtrail } = cloud.root;
  await rejected(cloudtrail.lookupEvents({ NextToken }), 'InvalidNextToken', sentence);
  await rejected(cloudtrail.lookupEvents({ NextToken: 'bm9uc2Vuc2U' }), 'InvalidNextToken', sentence);
  const other = await cloud.memberAccount('dev');
  const foreign = other.root.cloudtrail.lookupEvents({ ...by('EventName', 'CreateGroup'), NextToken });
  await rejected(foreign, 'InvalidNextToken', sentence);
});

test('LookupEvents keeps to the time range, both ends included, and to 90 days', async () => {
  const cloud = await testCloud();
  await cloud.root.iam.createGroup({ GroupName: 'old' });
  cloud.advance('P60D');
  await cloud.root.iam.createGroup({ GroupName: 'new' });
  const groups = async (range: object) =>
    ((await cloud.root.cloudtrail.lookupEvents({ ...by('EventName', 'CreateGroup'), ...range })).Events ?? []).map(
      (event) => event.Resources?.[0]?.ResourceName,
    );
  const first = new Date('2030-01-01T00:00:00Z');
  assert.deepEqual(await groups({}), ['new', 'old']);
  assert.deepEqual(await groups({ StartTime: first, EndTime: first }), ['old']);
  assert.deepEqual(await groups({ StartTime: new Date('2030-01-01T00:00:01Z') }), ['new']);
  cloud.advance('P31D');
  assert.deepEqual(await groups({ StartTime: first }), ['new']);
  await rejected(
    groups({ StartTime: cloud.now(), EndTime: first }),
    'InvalidTimeRange',
    'The start time must be before or the same as the end time.',
  );
});

test('LookupEvents tells of its own Region and account; global services are in us-east-1', async () => {
  const cloud = await testCloud();
  const key = await cloud.keyFor(cloud.managementAccount);
  const frankfurt = cloud.as(key, 'eu-central-1');
  await frankfurt.iam.createGroup({ GroupName: 'staff' });
  await frankfurt.sts.getCallerIdentity({});
  assert.deepEqual(await names(frankfurt), ['GetCallerIdentity']);
  assert.deepEqual(await names(cloud.root), ['CreateGroup']);
  const other = await cloud.memberAccount('dev');
  assert.deepEqual(await names(other.root), []);
});

test('LookupEvents finds what was done with a bucket, a trail, a topic, a queue, an alarm', async () => {
  const cloud = await testCloud();
  const { root } = cloud;
  await loggingTrail(cloud, 'audit');
  await root.sns.createTopic({ Name: 'news' });
  await root.sqs.createQueue({ QueueName: 'jobs' });
  await root.events.putRule({ Name: 'nightly', ScheduleExpression: 'rate(1 day)' });
  const metric = { Namespace: 'Rooms', MetricName: 'Heat', Statistic: 'Maximum', Period: 60 } as const;
  const rule = { EvaluationPeriods: 1, Threshold: 30, ComparisonOperator: 'GreaterThanThreshold' } as const;
  await root.cloudwatch.putMetricAlarm({ AlarmName: 'hot', ...metric, ...rule });
  const about = async (AttributeValue: string) => {
    const LookupAttributes = [{ AttributeKey: 'ResourceName' as const, AttributeValue }];
    const { Events = [] } = await root.cloudtrail.lookupEvents({ LookupAttributes });
    return Events.filter(({ Username }) => Username === 'root').map(({ EventName }) => EventName);
  };
  assert.deepEqual(await about('audit-logs'), ['CreateTrail', 'PutBucketPolicy', 'CreateBucket']);
  assert.deepEqual(await about('audit'), ['StartLogging', 'CreateTrail']);
  for (const [name, call] of [
    ['news', 'CreateTopic'],
    ['jobs', 'CreateQueue'],
    ['nightly', 'PutRule'],
    ['hot', 'PutMetricAlarm'],
  ] as const) {
    assert.deepEqual(await about(name), [call], name);
  }
});

test('LookupEvents refuses what AWS refuses', async () => {
  const { root, user } = await testCloud();
  const { cloudtrail } = root;
  const two = [...by('EventName', 'a').LookupAttributes, ...by('EventName', 'b').LookupAttributes];
  await rejected(cloudtrail.lookupEvents({ LookupAttributes: two }), 'InvalidLookupAttributes', /one lookup attribute/);
  await rejected(cloudtrail.lookupEvents(by('ReadOnly', 'yes')), 'InvalidLookupAttributes', /true or false/);
  const insight = { ...by('Username', 'root'), EventCategory: 'insight' } as const;
  await rejected(cloudtrail.lookupEvents(insight), 'InvalidLookupAttributes', /Insights events/);
  assert.deepEqual((await cloudtrail.lookupEvents({ EventCategory: 'insight' })).Events, []);
  await rejected(
    cloudtrail.lookupEvents({ MaxResults: 51 }),
    'ValidationException',
    "1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: " +
      'Member must have value less than or equal to 50',
  );
  const bob = await user('bob');
  await rejected(
    bob.cloudtrail.lookupEvents({}),
    'AccessDenied',
    'User: arn:aws:iam::111122223333:user/bob is not authorized to perform: cloudtrail:LookupEvents on resource: * ' +
      'because no identity-based policy allows the cloudtrail:LookupEvents action',
  );
});

test('CloudTrail answers what it does not do by name', async () => {
  const { cloudtrail } = (await testCloud()).root;
  const EventDataStore = '0a1b2c3d-0000-4000-8000-0123456789ab';
  const named = (operation: string) => `cloudtrail:${operation} is not implemented.`;
  const asked = cloudtrail.generateQuery({ EventDataStores: [EventDataStore], Prompt: 'who was it' });
  await rejected(asked, 'NotImplemented', named('GenerateQuery'));
  const FederationRoleArn = 'arn:aws:iam::111122223333:role/glue';
  const enabled = cloudtrail.enableFederation({ EventDataStore, FederationRoleArn });
  await rejected(enabled, 'NotImplemented', named('EnableFederation'));
  await rejected(cloudtrail.disableFederation({ EventDataStore }), 'NotImplemented', named('DisableFederation'));
});
