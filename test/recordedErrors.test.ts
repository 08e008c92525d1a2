/**
 * Errors that AWS itself answered, as others recorded them in 2025: the same requests, the same codes and sentences.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, type Clients, testCloud } from '../src/testing/cloud.ts';

type Recorded = readonly [
  title: string,
  call: (clients: Clients) => Promise<unknown>,
  code: string,
  message: string,
  status: number,
];

const ACCOUNT = '111122223333';
const MISSING_POLICY = `arn:aws:iam::${ACCOUNT}:policy/nothing123`;
const missingPolicy = `Policy ${MISSING_POLICY} does not exist or is not attachable.`;
const UNKNOWN = 'satisfiesregexbutstillinvalid';
const BAD_ID = 'an id with spaces in it';
const badId =
  "1 validation error detected: Value at 'serviceSpecificCredentialId' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w]+";
const noUser = 'The user with name wrong-user-name cannot be found.';
const noCredential = `No such credential ${UNKNOWN} exists`;
const unsupported = (service: string) => `No such service ${service} is supported for Service Specific Credentials`;

const CODECOMMIT = 'codecommit.amazonaws.com';
const other = { UserName: 'wrong-user-name', ServiceSpecificCredentialId: UNKNOWN };
const unknown = { UserName: 'someone', ServiceSpecificCredentialId: UNKNOWN };
const invalid = { UserName: 'someone', ServiceSpecificCredentialId: BAD_ID };

const CREDENTIALS: readonly Recorded[] = [
  ...['lambda.amazonaws.com', 'nonexistentservice.amazonaws.com', 'o3on3n3onosneo'].map(
    (ServiceName): Recorded => [
      `CreateServiceSpecificCredential for ${ServiceName}`,
      ({ iam }) => iam.createServiceSpecificCredential({ UserName: 'someone', ServiceName }),
      'NoSuchEntity',
      unsupported(ServiceName),
      404,
    ],
  ),
  [
    'ListServiceSpecificCredentials',
    ({ iam }) =>
      iam.listServiceSpecificCredentials({ UserName: 'someone', ServiceName: 'nonexistentservice.amazonaws.com' }),
    'NoSuchEntity',
    unsupported('nonexistentservice.amazonaws.com'),
    404,
  ],
  [
    'CreateServiceSpecificCredential for nobody',
    ({ iam }) => iam.createServiceSpecificCredential({ UserName: 'wrong-user-name', ServiceName: CODECOMMIT }),
    'NoSuchEntity',
    noUser,
    404,
  ],
  ...(['deleteServiceSpecificCredential', 'resetServiceSpecificCredential'] as const).flatMap((name): Recorded[] => [
    [`${name} of nobody`, ({ iam }) => iam[name](other), 'NoSuchEntity', noUser, 404],
    [`${name} of nothing`, ({ iam }) => iam[name](unknown), 'NoSuchEntity', noCredential, 404],
    [`${name} by no id`, ({ iam }) => iam[name](invalid), 'ValidationError', badId, 400],
  ]),
  ...(
    [
      [other, 'NoSuchEntity', noUser, 404],
      [unknown, 'NoSuchEntity', noCredential, 404],
      [invalid, 'ValidationError', badId, 400],
    ] as const
  ).map(
    ([input, code, message, status]): Recorded => [
      `UpdateServiceSpecificCredential: ${message.slice(0, 40)}`,
      ({ iam }) => iam.updateServiceSpecificCredential({ ...input, Status: 'Inactive' }),
      code,
      message,
      status,
    ],
  ),
  [
    'UpdateServiceSpecificCredential with no status',
    ({ iam }) => iam.updateServiceSpecificCredential({ ...unknown, Status: 'Invalid' as 'Active' }),
    'ValidationError',
    "1 validation error detected: Value at 'status' failed to satisfy constraint: Member must satisfy enum value set",
    400,
  ],
];

const POLICIES: readonly Recorded[] = [
  [
    'AttachRolePolicy of no policy',
    ({ iam }) => iam.attachRolePolicy({ RoleName: 'worker', PolicyArn: MISSING_POLICY }),
    'NoSuchEntity',
    missingPolicy,
    404,
  ],
  [
    'AttachUserPolicy of no policy',
    ({ iam }) => iam.attachUserPolicy({ UserName: 'someone', PolicyArn: MISSING_POLICY }),
    'NoSuchEntity',
    missingPolicy,
    404,
  ],
  [
    'AttachRolePolicy of no ARN',
    ({ iam }) => iam.attachRolePolicy({ RoleName: 'worker', PolicyArn: 'longpolicynamebutnoarn' }),
    'ValidationError',
    'Invalid ARN:  Could not be parsed!',
    400,
  ],
  [
    'DeleteUser with a credential of a service',
    ({ iam }) => iam.deleteUser({ UserName: 'someone' }),
    'DeleteConflict',
    'Cannot delete entity, must remove referenced objects first.',
    409,
  ],
  [
    'CreateServiceLinkedRole twice',
    ({ iam }) => iam.createServiceLinkedRole({ AWSServiceName: 'batch.amazonaws.com' }),
    'InvalidInput',
    'Service role name AWSServiceRoleForBatch has been taken in this account, please try a different suffix.',
    400,
  ],
];

const NO_SUFFIX = [
  ...['accountdiscovery.ssm', 'acm', 'appmesh', 'autoscaling-plans', 'backup', 'cassandra.application-autoscaling'],
  ...['cks.kms', 'cloudtrail', 'codestar-notifications', 'config', 'dms-fleet-advisor', 'dms', 'ec2-instance-connect'],
  ...['ec2.application-autoscaling', 'ecr', 'ecs', 'eks-nodegroup', 'eks', 'elasticache', 'elasticbeanstalk'],
  ...['elasticfilesystem', 'emr-containers', 'fis', 'grafana', 'imagebuilder', 'kafka', 'lakeformation', 'lex'],
  ...['lightsail', 'm2', 'memorydb', 'mq', 'mrk.kms', 'observability.aoss', 'ops.apigateway', 'ops.emr-serverless'],
  ...['opsdatasync.ssm', 'pullthroughcache.ecr', 'rds', 'redshift', 'replication.cassandra', 'replication.ecr'],
  ...['repository.sync.codeconnections', 'resource-explorer-2', 's3-outposts', 'ses', 'shield', 'ssm-incidents'],
  ...['ssm-quicksetup', 'ssm', 'sso', 'vpcorigin.cloudfront', 'waf', 'wafv2'],
].map((name): Recorded => {
  const AWSServiceName = `${name}.amazonaws.com`;
  return [
    `CreateServiceLinkedRole with a suffix for ${name}`,
    ({ iam }) => iam.createServiceLinkedRole({ AWSServiceName, CustomSuffix: 'testsuffix' }),
    'InvalidInput',
    `Custom suffix is not allowed for ${AWSServiceName}`,
    400,
  ];
});

const INVALID_ARNS = [
  'arn::b:::something/test-role',
  'arn:a::::something/test-role',
  'arn:a:::something/test-role',
  'arn:a:a::aaaaaaaaaa:',
  'nothing-valid-in-here',
];

const SESSIONS: readonly Recorded[] = [
  ...INVALID_ARNS.map(
    (RoleArn): Recorded => [
      `AssumeRole of ${RoleArn}`,
      ({ sts }) => sts.assumeRole({ RoleArn, RoleSessionName: 'session' }),
      'ValidationError',
      `${RoleArn} is invalid`,
      400,
    ],
  ),
  [
    'AssumeRole with a transitive tag that is none',
    ({ sts }) =>
      sts.assumeRole({
        RoleArn: `arn:aws:iam::${ACCOUNT}:role/worker`,
        RoleSessionName: 'session',
        Tags: [{ Key: 'SessionTag1', Value: 'one' }],
        TransitiveTagKeys: ['SessionTag2'],
      }),
    'InvalidParameterValue',
    'The specified transitive tag key must be included in the requested tags.',
    400,
  ],
];

test('Errors are those that AWS was recorded to answer', async (t) => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  await iam.createUser({ UserName: 'someone' });
  await iam.createServiceSpecificCredential({ UserName: 'someone', ServiceName: CODECOMMIT });
  await iam.createServiceLinkedRole({ AWSServiceName: 'batch.amazonaws.com' });
  const admin = await cloud.user('admin', ADMIN);
  const Principal = { AWS: `arn:aws:iam::${ACCOUNT}:user/admin` };
  const trust = {
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal, Action: ['sts:AssumeRole', 'sts:TagSession'] },
  };
  await iam.createRole({ RoleName: 'worker', AssumeRolePolicyDocument: JSON.stringify(trust) });
  for (const [title, call, code, message, status] of [...POLICIES, ...CREDENTIALS, ...NO_SUFFIX, ...SESSIONS]) {
    await t.test(title, () =>
      assert.rejects(call(admin), (error: Answer) => {
        const { message: said, $metadata, Code, Error: inner } = error;
        const found = { code: inner?.Code ?? Code ?? error.name, message: said, status: $metadata.httpStatusCode };
        assert.deepEqual(found, { code, message, status });
        return true;
      }),
    );
  }
});

interface Answer extends Error {
  readonly $metadata: { readonly httpStatusCode?: number };
  readonly Code?: string;
  readonly Error?: { readonly Code?: string };
}
