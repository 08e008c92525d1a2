/** What a record is taken to be: its action, its resources, its caller, its condition keys. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorizedOf } from './actions.ts';
import { callerOf } from './callers.ts';
import { MEMBER, OTHER, policy, recordOf, roleIdentity, snapshotOf, statement, userIdentity } from './fixtures.ts';
import { judgeOf } from './judge.ts';
import { readerOf, type Scene, type Told } from './keys.ts';
import { BadRecord, checked, deniedByOf, observedOf, type TrailRecord } from './record.ts';
import { resourcesOf } from './resources.ts';
import { worldOf } from './world.ts';

const event = (host: string, name: string, more: Partial<TrailRecord> = {}) =>
  recordOf(name, { eventSource: `${host}.amazonaws.com`, ...more });

describe('the action of an event', () => {
  const cases: readonly (readonly [host: string, event: string, actions: string | undefined, parameters?: object])[] = [
    ['ec2', 'RunInstances', 'ec2:RunInstances'],
    ['s3', 'ListObjects', 's3:ListBucket'],
    ['s3', 'ListObjectsV2', 's3:ListBucket'],
    ['s3', 'HeadBucket', 's3:ListBucket'],
    ['s3', 'HeadObject', 's3:GetObject'],
    ['s3', 'GetObject', 's3:GetObjectVersion', { versionId: 'v1' }],
    ['s3', 'CreateMultipartUpload', 's3:PutObject'],
    ['s3', 'DeleteObjects', 's3:DeleteObject'],
    ['s3', 'ListBuckets', 's3:ListAllMyBuckets'],
    ['s3', 'PutBucketLifecycle', 's3:PutLifecycleConfiguration'],
    ['s3', 'DeleteBucketInventoryConfiguration', 's3:PutInventoryConfiguration'],
    ['s3', 'GetBucketCors', 's3:GetBucketCORS'],
    ['kms', 'ReEncrypt', 'kms:ReEncryptFrom kms:ReEncryptTo'],
    ['lambda', 'CreateFunction20150331', 'lambda:CreateFunction'],
    ['lambda', 'UpdateFunctionConfiguration20150331v2', 'lambda:UpdateFunctionConfiguration'],
    ['lambda', 'Invoke', 'lambda:InvokeFunction'],
    ['cloudfront', 'CreateDistribution2020_05_31', 'cloudfront:CreateDistribution'],
    ['monitoring', 'DescribeAlarms', 'cloudwatch:DescribeAlarms'],
    ['apigateway', 'CreateRestApi', 'apigateway:POST'],
    ['sts', 'AssumeRole', 'sts:AssumeRole'],
    ['sts', 'GetCallerIdentity', undefined],
    ['signin', 'ConsoleLogin', undefined],
  ];
  for (const [host, name, actions, parameters] of cases) {
    it(`${host} ${name} is ${actions ?? 'not authorized'}`, () => {
      const found = authorizedOf(event(host, name, { requestParameters: { ...parameters } }));
      assert.equal(typeof found === 'string' ? undefined : found.actions.join(' '), actions);
      if (typeof found !== 'string') assert.equal(found.listed, true);
    });
  }
  it('of a service event is none', () => {
    assert.equal(
      authorizedOf(event('kms', 'RotateKey', { eventType: 'AwsServiceEvent' })),
      'events of a service, not a call',
    );
  });
  it('that nobody lists is the event’s name', () => {
    assert.deepEqual(authorizedOf(event('ec2', 'MakeCoffee')), { actions: ['ec2:MakeCoffee'], listed: false });
  });
});

describe('the resources of a call', () => {
  const ec2 = `arn:aws:ec2:eu-west-1:${MEMBER}`;
  const cases: readonly (readonly [action: string, record: TrailRecord, arns: string])[] = [
    ['ec2:DescribeInstances', recordOf('DescribeInstances'), '*'],
    [
      'ec2:StopInstances',
      recordOf('StopInstances', {
        requestParameters: { instancesSet: { items: [{ instanceId: 'i-1' }, { instanceId: 'i-2' }] } },
      }),
      `${ec2}:instance/i-1 ${ec2}:instance/i-2`,
    ],
    ['ec2:StopInstances', recordOf('StopInstances'), `${ec2}:instance/*?`],
    ['iam:GetRole', event('iam', 'GetRole', { requestParameters: { roleName: 'x' } }), `arn:aws:iam::${MEMBER}:role/x`],
    [
      'iam:CreateRole',
      event('iam', 'CreateRole', { requestParameters: { roleName: 'x', path: '/team/' } }),
      `arn:aws:iam::${MEMBER}:role/team/x`,
    ],
    ['iam:GetUser', event('iam', 'GetUser', { userIdentity: userIdentity('ann') }), `arn:aws:iam::${MEMBER}:user/ann`],
    [
      's3:GetObject',
      event('s3', 'GetObject', {
        resources: [{ ARN: 'arn:aws:s3:::b/k' }, { ARN: 'arn:aws:s3:::b', accountId: OTHER }],
      }),
      'arn:aws:s3:::b/k',
    ],
    [
      's3:GetObject',
      event('s3', 'GetObject', { requestParameters: { bucketName: 'b', key: 'k/l' } }),
      'arn:aws:s3:::b/k/l',
    ],
    [
      'sts:AssumeRole',
      event('sts', 'AssumeRole', { requestParameters: { roleArn: `arn:aws:iam::${OTHER}:role/r` } }),
      `arn:aws:iam::${OTHER}:role/r`,
    ],
    [
      'sqs:SendMessage',
      event('sqs', 'SendMessage', {
        requestParameters: { queueUrl: `https://sqs.eu-west-1.amazonaws.com/${MEMBER}/q` },
      }),
      `arn:aws:sqs:eu-west-1:${MEMBER}:q`,
    ],
    [
      'ssm:GetParameters',
      event('ssm', 'GetParameters', { requestParameters: { names: ['/a/b'] } }),
      `arn:aws:ssm:eu-west-1:${MEMBER}:parameter/a/b`,
    ],
    [
      'ec2:TerminateInstances',
      recordOf('TerminateInstances', {
        errorMessage: `User: x is not authorized to perform: ec2:TerminateInstances on resource: ${ec2}:instance/i-9 because no`,
      }),
      `${ec2}:instance/i-9`,
    ],
  ];
  for (const [action, record, arns] of cases) {
    it(`${action} is about ${arns}`, () => {
      const caller = callerOf(record);
      assert.ok(caller);
      const found = resourcesOf(record, action, caller, () => undefined);
      assert.equal(found.map(({ arn, exact }) => `${arn}${exact ? '' : '?'}`).join(' '), arns);
    });
  }
  it('of S3 belong to the account that the record names', () => {
    const record = event('s3', 'GetObject', {
      resources: [{ ARN: 'arn:aws:s3:::b/k' }, { ARN: 'arn:aws:s3:::b', accountId: OTHER }],
    });
    assert.equal(resourcesOf(record, 's3:GetObject', callerOf(record)!, () => undefined)[0]?.account, OTHER);
  });
  it('have the path that the dump tells', () => {
    const record = event('iam', 'GetRole', { requestParameters: { roleName: 'x' } });
    const [found] = resourcesOf(record, 'iam:GetRole', callerOf(record)!, () => `arn:aws:iam::${MEMBER}:role/p/x`);
    assert.deepEqual([found?.arn, found?.pathAssumed], [`arn:aws:iam::${MEMBER}:role/p/x`, false]);
  });
});

describe('the caller of a record', () => {
  const cases: readonly (readonly [
    title: string,
    identity: object,
    name: string | undefined,
    account: string | null,
  ])[] = [
    ['a role session', roleIdentity('app'), `arn:aws:iam::${MEMBER}:role/app`, MEMBER],
    ['a user', userIdentity('ann'), `arn:aws:iam::${MEMBER}:user/ann`, MEMBER],
    [
      'root',
      { type: 'Root', accountId: MEMBER, arn: `arn:aws:iam::${MEMBER}:root` },
      `arn:aws:iam::${MEMBER}:root`,
      MEMBER,
    ],
    [
      'a federated user',
      { type: 'FederatedUser', accountId: MEMBER, arn: `arn:aws:sts::${MEMBER}:federated-user/f` },
      `arn:aws:sts::${MEMBER}:federated-user/f`,
      MEMBER,
    ],
    ['a service', { type: 'AWSService', invokedBy: 'config.amazonaws.com' }, 'config.amazonaws.com', null],
    ['another account', { type: 'AWSAccount', accountId: OTHER, principalId: 'AROAX:s' }, `${OTHER}:AROAX`, OTHER],
    ['nobody', { type: 'AWSAccount', accountId: 'ANONYMOUS_PRINCIPAL', principalId: '' }, 'anonymous', null],
    [
      'a web identity',
      { type: 'WebIdentityUser', identityProvider: `arn:aws:iam::${MEMBER}:oidc-provider/x`, principalId: 'p' },
      `arn:aws:iam::${MEMBER}:oidc-provider/x`,
      null,
    ],
    ['an Identity Center user', { type: 'IdentityCenterUser', accountId: MEMBER }, undefined, null],
  ];
  for (const [title, userIdentity, name, account] of cases) {
    it(`is ${title}`, () => {
      const caller = callerOf(recordOf('X', { userIdentity }));
      assert.equal(caller?.name, name);
      assert.equal(caller?.account ?? null, account);
    });
  }
});

describe('a condition key', () => {
  const cases: readonly (readonly [key: string, action: string, more: Partial<TrailRecord>, told: Told])[] = [
    ['aws:requestedregion', 'ec2:RunInstances', {}, 'eu-west-1'],
    ['aws:sourceip', 'ec2:RunInstances', {}, '203.0.113.7'],
    ['aws:sourceip', 'ec2:RunInstances', { sourceIPAddress: 'cloudformation.amazonaws.com' }, null],
    ['aws:sourceip', 'ec2:RunInstances', { vpcEndpointId: 'vpce-1', sourceIPAddress: '10.0.0.1' }, undefined],
    ['aws:vpcsourceip', 'ec2:RunInstances', { vpcEndpointId: 'vpce-1', sourceIPAddress: '10.0.0.1' }, '10.0.0.1'],
    ['aws:sourcevpce', 'ec2:RunInstances', { vpcEndpointId: 'vpce-1' }, 'vpce-1'],
    ['aws:sourcevpc', 'ec2:RunInstances', { vpcEndpointId: 'vpce-1' }, null],
    ['aws:sourcevpc', 'ec2:RunInstances', {}, undefined],
    ['aws:securetransport', 'ec2:RunInstances', { tlsDetails: { tlsVersion: 'TLSv1.3' } }, 'true'],
    ['aws:securetransport', 'ec2:RunInstances', {}, null],
    ['aws:multifactorauthpresent', 'ec2:RunInstances', {}, 'false'],
    ['aws:multifactorauthpresent', 'ec2:RunInstances', { userIdentity: userIdentity('ann') }, undefined],
    ['aws:viaawsservice', 'ec2:RunInstances', {}, 'false'],
    [
      'aws:viaawsservice',
      'ec2:RunInstances',
      { userIdentity: { ...userIdentity('a'), invokedBy: 'x.amazonaws.com' } },
      'true',
    ],
    [
      'aws:viaawsservice',
      'ec2:RunInstances',
      { userIdentity: { ...roleIdentity('a'), invokedBy: 'x.amazonaws.com' } },
      null,
    ],
    ['aws:principalarn', 'ec2:RunInstances', {}, `arn:aws:iam::${MEMBER}:role/app`],
    ['aws:principaltag/team', 'ec2:RunInstances', {}, null],
    ['aws:resourcetag/team', 'ec2:RunInstances', {}, null],
    ['aws:resourcetag/team', 's3:ListAllMyBuckets', {}, undefined],
    ['ec2:instancetype', 'ec2:RunInstances', { requestParameters: { instanceType: 't3.nano' } }, 't3.nano'],
    ['ec2:instancetype', 's3:GetObject', {}, undefined],
    ['ec2:ebsoptimized', 'ec2:RunInstances', {}, null],
    [
      'aws:requesttag/team',
      'ec2:RunInstances',
      {
        requestParameters: {
          tagSpecificationSet: { items: [{ resourceType: 'instance', tags: [{ key: 'Team', value: 'a' }] }] },
        },
      },
      'a',
    ],
    ['aws:requesttag/team', 'ec2:RunInstances', { requestParameters: { instanceType: 'x' } }, undefined],
    ['kms:encryptioncontext:app', 'kms:Decrypt', { requestParameters: { encryptionContext: { App: 'x' } } }, 'x'],
    ['s3:prefix', 's3:ListBucket', { requestParameters: { prefix: 'a/' } }, 'a/'],
  ];
  for (const [key, action, more, told] of cases) {
    it(`${key} of ${action} with ${JSON.stringify(more).slice(0, 60)} is ${told === null ? 'not told' : told}`, () => {
      const record = recordOf('X', more);
      const caller = callerOf(record);
      assert.ok(caller);
      const scene: Scene = { record, caller, action, resourceAccount: MEMBER, place: () => null, tags: null };
      assert.deepEqual(readerOf(key)(scene), told);
    });
  }
});

describe('what happened', () => {
  const cases: readonly (readonly [code: string | undefined, observed: string])[] = [
    [undefined, 'allowed'],
    ['AccessDenied', 'denied'],
    ['AccessDeniedException', 'denied'],
    ['Client.UnauthorizedOperation', 'denied'],
    ['NoSuchEntityException', 'allowed'],
    ['ThrottlingException', 'allowed'],
  ];
  for (const [errorCode, observed] of cases) {
    it(`${errorCode ?? 'no error'} is ${observed}`, () => {
      assert.equal(observedOf(recordOf('X', errorCode ? { errorCode } : {})), observed);
    });
  }
  it('is said by AWS’s own sentence', () => {
    const explicit = {
      errorMessage: 'User: x is not authorized to perform: y with an explicit deny in a service control policy',
    };
    assert.deepEqual(deniedByOf(recordOf('X', explicit)), { kind: 'scp', explicit: true });
    const implicit = {
      errorMessage: 'User: x is not authorized … because no identity-based policy allows the y action',
    };
    assert.deepEqual(deniedByOf(recordOf('X', implicit)), { kind: 'identity', explicit: false });
  });
});

it('a record of any shape is read, or named as a bad one', () => {
  const ROLE = `arn:aws:iam::${MEMBER}:role/app`;
  const text = policy(
    statement('Deny', '*', { Condition: { StringNotEquals: { 'aws:RequestedRegion': 'x', 'aws:UserAgent': 'y' } } }),
    statement('Deny', 's3:*', { Resource: 'arn:aws:s3:::b/*', Condition: { Null: { 'aws:RequestTag/a': 'false' } } }),
  );
  const judge = judgeOf(
    worldOf(snapshotOf(), [
      { kind: 'attach', type: 'scp', id: 'new', target: 'root', text },
      { kind: 'identity', arn: ROLE, name: 'new', text },
      { kind: 'resource', arn: 'arn:aws:s3:::b', text: policy(statement('Deny', '*', { Principal: { AWS: ROLE } })) },
    ]),
  );
  const members =
    'eventTime eventSource eventName eventType awsRegion errorCode errorMessage requestParameters resources';
  const names = `${members} userIdentity tlsDetails additionalEventData vpcEndpointId recipientAccountId`.split(' ');
  const inside =
    'type arn accountId sessionContext sessionIssuer attributes principalId invokedBy ARN key bucketName tagSet';
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom('AWSAccount', 'AssumedRole', 'IAMUser', 'AWSService', 'WebIdentityUser', 'arn:aws:iam::1:role/x'),
    fc.dictionary(fc.constantFrom(...inside.split(' ')), fc.jsonValue()),
    fc.array(fc.dictionary(fc.constantFrom('ARN', 'accountId'), fc.jsonValue())),
  );
  const s3 = recordOf('GetObject', {
    eventSource: 's3.amazonaws.com',
    requestParameters: { bucketName: 'b', key: 'k' },
  });
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }), fc.boolean(), (broken, isS3) => {
      const record: unknown = JSON.parse(JSON.stringify({ ...(isS3 ? s3 : recordOf('RunInstances')), ...broken }));
      try {
        judge(checked(record));
      } catch (error) {
        if (!(error instanceof BadRecord)) throw error;
      }
    }),
    { numRuns: 5000 },
  );
});
