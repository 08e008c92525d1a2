import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clients, testCloud } from '../testing/cloud.ts';

const TYPES = [
  'cloudtrail:trail',
  'cloudwatch:ALL_SUPPORTED',
  'events:ALL_SUPPORTED',
  'iam:ALL_SUPPORTED',
  'kms:key',
  'logs:log-group',
  'logs:destination',
  's3:ALL_SUPPORTED',
  'scheduler:schedule-group',
  'sns:topic',
  'sqs:*',
];

/** A member account under a tag policy for `Stage`, attached to the root. */
async function governed(setting: object = {}, enforced: readonly string[] = TYPES) {
  const cloud = await testCloud();
  const { organizations } = cloud.root;
  await organizations.createOrganization({});
  const RootId = (await organizations.listRoots({})).Roots![0]!.Id!;
  await organizations.enablePolicyType({ RootId, PolicyType: 'TAG_POLICY' });
  const member = await cloud.memberAccount('dev');
  const sent = await organizations.inviteAccountToOrganization({ Target: { Type: 'ACCOUNT', Id: member.id } });
  await member.root.organizations.acceptHandshake({ HandshakeId: sent.Handshake!.Id! });
  const content = (more: object, types: readonly string[]) =>
    JSON.stringify({
      tags: {
        stage: {
          tag_key: { '@@assign': 'Stage' },
          tag_value: { '@@assign': ['prod', 'test-*'] },
          enforced_for: { '@@assign': types },
          ...more,
        },
      },
    });
  const policy = { Name: 'p', Description: '', Type: 'TAG_POLICY', Content: content(setting, enforced) } as const;
  const PolicyId = (await organizations.createPolicy(policy)).Policy!.PolicySummary!.Id!;
  await organizations.attachPolicy({ PolicyId, TargetId: RootId });
  const change = (more: object, types = enforced) =>
    organizations.updatePolicy({ PolicyId, Content: content(more, types) });
  return { cloud, organizations, RootId, PolicyId, member, change, clients: member.root };
}

const sentence = (key: string) =>
  `The tag policy does not allow the specified value for the following tag key: '${key}'.`;

interface Case {
  readonly name: string;
  readonly message?: (key: string) => string;
  readonly make: (clients: Clients, key: string, value: string) => Promise<unknown>;
}

const listed = (Key: string, Value: string) => [{ Key, Value }];
const alarm = {
  ...{ AlarmName: 'a', Namespace: 'n', MetricName: 'm', Period: 60, EvaluationPeriods: 1, Threshold: 1 },
  Statistic: 'Sum' as const,
  ComparisonOperator: 'GreaterThanThreshold' as const,
};

/** Makes something with a tag. */
const MAKING: Readonly<Record<string, Case>> = {
  's3:CreateBucket': {
    name: 'TagPolicyException',
    make: ({ s3 }, k, v) => s3.createBucket({ Bucket: 'tagged', CreateBucketConfiguration: { Tags: listed(k, v) } }),
  },
  's3:PutStorageLensConfiguration': {
    name: 'TagPolicyException',
    async make({ s3control, sts }, k, v) {
      const { Account: AccountId = '' } = await sts.getCallerIdentity({});
      const StorageLensConfiguration = { Id: 'l', IsEnabled: true, AccountLevel: { BucketLevel: {} } };
      return s3control.putStorageLensConfiguration({
        ...{ AccountId, ConfigId: 'l', StorageLensConfiguration },
        Tags: listed(k, v),
      });
    },
  },
  'sns:CreateTopic': {
    name: 'TagPolicyException',
    message: (key) => `TagPolicyException: ${sentence(key)}`,
    make: ({ sns }, k, v) => sns.createTopic({ Name: 't', Tags: listed(k, v) }),
  },
  'sqs:CreateQueue': {
    name: 'InvalidParameterValue',
    make: ({ sqs }, k, v) => sqs.createQueue({ QueueName: 'q', tags: { [k]: v } }),
  },
  'kms:CreateKey': {
    name: 'TagException',
    make: ({ kms }, k, v) => kms.createKey({ Tags: [{ TagKey: k, TagValue: v }] }),
  },
  'logs:CreateLogGroup': {
    name: 'InvalidParameterException',
    make: ({ logs }, k, v) => logs.createLogGroup({ logGroupName: 'g', tags: { [k]: v } }),
  },
  'events:PutRule': {
    name: 'ValidationException',
    make: ({ events }, k, v) => events.putRule({ Name: 'r', ScheduleExpression: 'rate(1 day)', Tags: listed(k, v) }),
  },
  'events:CreateEventBus': {
    name: 'ValidationException',
    make: ({ events }, k, v) => events.createEventBus({ Name: 'bus', Tags: listed(k, v) }),
  },
  'scheduler:CreateScheduleGroup': {
    name: 'ValidationException',
    make: ({ scheduler }, k, v) => scheduler.createScheduleGroup({ Name: 'g', Tags: listed(k, v) }),
  },
  'cloudwatch:PutMetricAlarm': {
    name: 'InvalidParameterValueException',
    make: ({ cloudwatch }, k, v) => cloudwatch.putMetricAlarm({ ...alarm, Tags: listed(k, v) }),
  },
  'iam:CreateInstanceProfile': {
    name: 'InvalidInputException',
    make: ({ iam }, k, v) => iam.createInstanceProfile({ InstanceProfileName: 'i', Tags: listed(k, v) }),
  },
  'iam:CreateVirtualMFADevice': {
    name: 'InvalidInputException',
    make: ({ iam }, k, v) => iam.createVirtualMFADevice({ VirtualMFADeviceName: 'm', Tags: listed(k, v) }),
  },
};

for (const [operation, { name, message = sentence, make }] of Object.entries(MAKING)) {
  test(`${operation} makes nothing with a tag that the tag policy refuses`, async () => {
    const { clients } = await governed();
    await assert.rejects(make(clients, 'Stage', 'dev'), { name, message: message('Stage') });
    await assert.rejects(make(clients, 'STAGE', 'prod'), { name, message: message('STAGE') });
    await make(clients, 'Stage', 'prod');
  });
}

test('Tagging is held against the policy of whose resource it is, and taking away is free', async () => {
  const { cloud, clients, member, change } = await governed({ tag_value: { '@@assign': ['a', 'x*y'] } });
  const { QueueUrl } = await clients.sqs.createQueue({ QueueName: 'q' });
  const put = (Tags: Record<string, string>) => clients.sqs.tagQueue({ QueueUrl: QueueUrl!, Tags });
  const refused = { name: 'InvalidParameterValue', message: sentence('Stage') };
  for (const Stage of ['x', 'xz', '', 'b', 'A']) await assert.rejects(put({ other: '', Stage }), refused);
  for (const Stage of ['xy', 'x-y', 'a']) await put({ other: '', Stage });
  await clients.sqs.untagQueue({ QueueUrl: QueueUrl!, TagKeys: ['Stage'] });
  await clients.iam.createRole({
    RoleName: 'role',
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}'.replace(
      '[]',
      `[{"Effect":"Allow","Principal":{"AWS":"${member.id}"},"Action":"sts:AssumeRole"}]`,
    ),
    Tags: listed('stage', 'whatever'),
  });
  await assert.rejects(cloud.root.sqs.createQueue({ QueueName: 'own', tags: { Stage: 'b' } }), refused);
  await change({ tag_value: { '@@assign': [] } });
  await assert.rejects(put({ Stage: 'a' }), refused);
  await put({ other: 'a' });
  await change({}, ['sns:topic']);
  await put({ STAGE: 'b' });
});

test('S3 Control tags a bucket by the same rules, and a trail of its owner', async () => {
  const { clients, member } = await governed();
  await clients.s3.createBucket({ Bucket: 'plain' });
  const TagSet = listed('Stage', 'dev');
  const refused = { name: 'TagPolicyException', message: sentence('Stage') };
  await assert.rejects(clients.s3.putBucketTagging({ Bucket: 'plain', Tagging: { TagSet } }), refused);
  const tagging = { AccountId: member.id, ResourceArn: 'arn:aws:s3:::plain', Tags: TagSet };
  await assert.rejects(clients.s3control.tagResource(tagging), refused);
  await clients.s3.putObject({ Bucket: 'plain', Key: 'k', Body: 'x', Tagging: 'Stage=dev' });
  const trail = { Name: 'trail', S3BucketName: 'plain', TagsList: TagSet };
  await assert.rejects(clients.cloudtrail.createTrail(trail), {
    ...{ name: 'InvalidTagParameterException', message: sentence('Stage') },
  });
});

test('Organizations holds what is its own to the tag policy of the management account', async () => {
  const { organizations, RootId, member } = await governed({}, ['organizations:ALL_SUPPORTED']);
  const Tags = listed('Stage', 'dev');
  const refused = { name: 'ConstraintViolationException', Reason: 'TAG_POLICY_VIOLATION', message: sentence('Stage') };
  for (const ResourceId of [RootId, member.id]) {
    await assert.rejects(organizations.tagResource({ ResourceId, Tags }), refused);
  }
  await assert.rejects(organizations.createOrganizationalUnit({ ParentId: RootId, Name: 'u', Tags }), refused);
  await assert.rejects(organizations.createAccount({ AccountName: 'a', Email: 'a@example.com', Tags }), refused);
  await organizations.createOrganizationalUnit({ ParentId: RootId, Name: 'u', Tags: listed('Stage', 'prod') });
});

test('Refused tags leave a record, whoever may not is told that first, and nothing binds once detached', async () => {
  const { cloud, clients, organizations, PolicyId, RootId, member } = await governed();
  const bob = await member.user('bob', { Version: '2012-10-17', Statement: [] });
  await assert.rejects(bob.sqs.createQueue({ QueueName: 'q', tags: { Stage: 'dev' } }), { name: 'AccessDenied' });
  await assert.rejects(clients.sqs.createQueue({ QueueName: 'q', tags: { Stage: 'dev' } }));
  await cloud.settle();
  const { Events } = await clients.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateQueue' }],
  });
  const codes = Events?.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!).errorCode);
  assert.deepEqual(codes, ['InvalidParameterValue', 'AccessDeniedException']);
  await organizations.detachPolicy({ PolicyId, TargetId: RootId });
  await clients.sqs.createQueue({ QueueName: 'q', tags: { Stage: 'dev' } });
});

test('CreatePolicy refuses to enforce what AWS does not', async () => {
  const { change } = await governed();
  const malformed = { name: 'MalformedPolicyDocumentException' };
  for (const type of ['iam:role', 'logs:ALL_SUPPORTED', 's3:accesspoint', 'sso:instance', 'kms:*key']) {
    await assert.rejects(change({}, [type]), malformed);
  }
  for (const type of ['iam:policy', 'ec2:instance', 'ec2:ALL_SUPPORTED', 's3:ALL_SUPPORTED']) await change({}, [type]);
});

test('A delivery stream is made without a tag that the tag policy refuses', async () => {
  const { clients } = await governed({}, ['firehose:deliverystream']);
  const refused = { name: 'InvalidArgumentException', message: sentence('Stage') };
  const stream = { DeliveryStreamName: 'd', Tags: listed('Stage', 'dev') };
  await assert.rejects(clients.firehose.createDeliveryStream(stream), refused);
});
