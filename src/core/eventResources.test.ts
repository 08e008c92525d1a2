import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventResources, userNameOf } from './eventResources.ts';

const cases: readonly (readonly [name: string, event: Parameters<typeof eventResources>[0], expected: string[]])[] = [
  [
    'AssumeRole',
    {
      eventSource: 'sts.amazonaws.com',
      requestParameters: { roleArn: 'arn:aws:iam::111122223333:role/deploy', roleSessionName: 'ci' },
      responseElements: {
        credentials: { accessKeyId: 'ASIAEXAMPLE' },
        assumedRoleUser: { assumedRoleId: 'AROAEXAMPLE:ci', arn: 'arn:aws:sts::111122223333:assumed-role/deploy/ci' },
      },
      resources: [{ ARN: 'arn:aws:iam::111122223333:role/deploy', type: 'AWS::IAM::Role' }],
    },
    [
      'AWS::IAM::AccessKey ASIAEXAMPLE',
      'AWS::STS::AssumedRole ci',
      'AWS::STS::AssumedRole AROAEXAMPLE:ci',
      'AWS::STS::AssumedRole arn:aws:sts::111122223333:assumed-role/deploy/ci',
      'AWS::IAM::Role arn:aws:iam::111122223333:role/deploy',
    ],
  ],
  [
    'MoveAccount',
    {
      eventSource: 'organizations.amazonaws.com',
      requestParameters: { accountId: '222233334444', sourceParentId: 'r-ab12', destinationParentId: 'ou-ab12-xyz' },
      responseElements: null,
    },
    [
      'AWS::Organizations::Account 222233334444',
      'AWS::Organizations::Root r-ab12',
      'AWS::Organizations::OrganizationalUnit ou-ab12-xyz',
    ],
  ],
  [
    'CreateAlias',
    { eventSource: 'kms.amazonaws.com', requestParameters: { aliasName: 'alias/a', targetKeyId: 'mrk-1' } },
    ['AWS::KMS::Alias alias/a', 'AWS::KMS::Key mrk-1'],
  ],
  [
    'GenerateServiceLastAccessedDetails',
    { eventSource: 'iam.amazonaws.com', requestParameters: { arn: 'arn:aws:iam::111122223333:group/a/staff' } },
    ['AWS::IAM::Group arn:aws:iam::111122223333:group/a/staff'],
  ],
  [
    'CreateTrail',
    {
      eventSource: 'cloudtrail.amazonaws.com',
      eventName: 'CreateTrail',
      requestParameters: { name: 'audit', s3BucketName: 'logs' },
      responseElements: { trailARN: 'arn:aws:cloudtrail:us-east-1:111122223333:trail/audit', s3BucketName: 'logs' },
    },
    [
      'AWS::CloudTrail::Trail arn:aws:cloudtrail:us-east-1:111122223333:trail/audit',
      'AWS::CloudTrail::Trail audit',
      'AWS::S3::Bucket logs',
    ],
  ],
  [
    'CreateEventDataStore',
    { eventSource: 'cloudtrail.amazonaws.com', eventName: 'CreateEventDataStore', requestParameters: { name: 'lake' } },
    ['AWS::CloudTrail::EventDataStore lake'],
  ],
  [
    'DeleteAlarms',
    {
      eventSource: 'monitoring.amazonaws.com',
      eventName: 'DeleteAlarms',
      requestParameters: { alarmNames: ['a', 'b'] },
    },
    ['AWS::CloudWatch::Alarm a', 'AWS::CloudWatch::Alarm b'],
  ],
  ['a service without a table', { eventSource: 'x.amazonaws.com', requestParameters: { userName: 'a' } }, []],
  ['no parameters', { eventSource: 'iam.amazonaws.com', requestParameters: null, responseElements: null }, []],
];

for (const [name, event, expected] of cases) {
  test(`eventResources of ${name}`, () => {
    assert.deepEqual(
      eventResources(event).map(({ ResourceType, ResourceName }) => `${ResourceType} ${ResourceName}`),
      expected,
    );
  });
}

test('userNameOf tells root, users and sessions apart', () => {
  assert.equal(userNameOf({ type: 'Root', arn: 'arn:aws:iam::111122223333:root' }), 'root');
  assert.equal(userNameOf({ type: 'IAMUser', userName: 'alice' }), 'alice');
  assert.equal(userNameOf({ type: 'AssumedRole', arn: 'arn:aws:sts::111122223333:assumed-role/deploy/ci' }), 'ci');
  assert.equal(userNameOf({ type: 'AWSService' }), undefined);
});
