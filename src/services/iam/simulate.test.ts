// biome-ignore-all lint/suspicious/noTemplateCurlyInString: policy variables
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clients, testCloud } from '../../testing/cloud.ts';
import { rejected } from '../../testing/rejected.ts';

const policy = (...statements: object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (Action: string, more = {}) => ({ Effect: 'Allow', Action, Resource: '*', ...more });
const deny = (Action: string, more = {}) => ({ Effect: 'Deny', Action, Resource: '*', ...more });
const OBJECT = 'arn:aws:s3:::bucket/key';

const simulateCustom = async (clients: Clients, PolicyInputList: string[], more = {}) =>
  (await clients.iam.simulateCustomPolicy({ PolicyInputList, ActionNames: ['s3:GetObject'], ...more }))
    .EvaluationResults?.[0];

test('SimulateCustomPolicy decides, and shows the statement that decided', async () => {
  const { root } = await testCloud();
  const text = `{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
  ]
}`;
  const allowed = await simulateCustom(root, [policy(deny('ec2:*')), text]);
  assert.deepEqual(allowed, {
    EvalActionName: 's3:GetObject',
    EvalResourceName: '*',
    EvalDecision: 'allowed',
    MatchedStatements: [
      {
        SourcePolicyId: 'PolicyInputList.2',
        SourcePolicyType: 'none',
        StartPosition: { Line: 4, Column: 5 },
        EndPosition: { Line: 4, Column: 59 },
      },
    ],
    MissingContextValues: [],
  });
  const denied = await simulateCustom(root, [text, policy(deny('s3:Get*'))]);
  assert.equal(denied?.EvalDecision, 'explicitDeny');
  assert.deepEqual(
    denied?.MatchedStatements?.map((s) => s.SourcePolicyId),
    ['PolicyInputList.2'],
  );
  const nothing = await simulateCustom(root, [policy(allow('ec2:*'))]);
  assert.deepEqual([nothing?.EvalDecision, nothing?.MatchedStatements], ['implicitDeny', []]);
});

test('SimulateCustomPolicy tells the resources apart', async () => {
  const { root } = await testCloud();
  const text = policy({ Effect: 'Allow', Action: 's3:GetObject', Resource: OBJECT });
  const result = await simulateCustom(root, [text], { ResourceArns: [OBJECT, `${OBJECT}2`] });
  assert.equal(result?.EvalDecision, 'implicitDeny');
  assert.equal(result?.EvalResourceName, 'arn:${Partition}:s3:::${BucketName}/${ObjectName}');
  assert.deepEqual(
    result?.ResourceSpecificResults?.map((r) => [
      r.EvalResourceName,
      r.EvalResourceDecision,
      r.MatchedStatements?.length,
    ]),
    [
      [OBJECT, 'allowed', 1],
      [`${OBJECT}2`, 'implicitDeny', 0],
    ],
  );
});

test('Missing context values are named, given ones used', async () => {
  const { root } = await testCloud();
  const condition = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' }, Bool: { 'aws:MultiFactorAuthPresent': 'true' } };
  const text = policy(
    allow('s3:GetObject', { Condition: condition }),
    allow('ec2:*', { Condition: { Bool: { 'x:y': 'true' } } }),
  );
  const bare = await simulateCustom(root, [text]);
  assert.deepEqual(
    [bare?.EvalDecision, bare?.MissingContextValues],
    ['implicitDeny', ['aws:SourceIp', 'aws:MultiFactorAuthPresent']],
  );
  const ContextEntries = [
    { ContextKeyName: 'aws:sourceip', ContextKeyType: 'ip', ContextKeyValues: ['10.1.2.3'] },
    { ContextKeyName: 'aws:MultiFactorAuthPresent', ContextKeyType: 'boolean', ContextKeyValues: ['true'] },
  ];
  const full = await simulateCustom(root, [text], { ContextEntries });
  assert.deepEqual([full?.EvalDecision, full?.MissingContextValues], ['allowed', []]);
});

test('A boundary and service control policies show their part', async () => {
  const { root } = await testCloud();
  const both = await simulateCustom(root, [policy(allow('*'))], {
    PermissionsBoundaryPolicyInputList: [policy(allow('ec2:*'))],
    OrderedOrganizationPolicyInputList: [
      { ServiceControlPolicyInputList: [policy(allow('*'))] },
      { ServiceControlPolicyInputList: [policy(allow('*'), deny('iam:*'))] },
    ],
  });
  assert.equal(both?.EvalDecision, 'implicitDeny');
  assert.deepEqual(both?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false });
  assert.deepEqual(both?.OrganizationsDecisionDetail, { AllowedByOrganizations: true });
  const stopped = await simulateCustom(root, [policy(allow('*'))], {
    OrderedOrganizationPolicyInputList: [{ ServiceControlPolicyInputList: [policy(allow('*'), deny('s3:*'))] }],
  });
  assert.deepEqual(
    [stopped?.EvalDecision, stopped?.MatchedStatements, stopped?.OrganizationsDecisionDetail],
    ['explicitDeny', [], { AllowedByOrganizations: false }],
  );
});

test('SimulatePrincipalPolicy takes all that a user has, groups and boundary too', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  const own = policy(allow('s3:GetObject', { Resource: 'arn:aws:s3:::${aws:username}/*' }));
  await root.iam.createUser({ UserName: 'alice', Tags: [{ Key: 'team', Value: 'red' }] });
  await root.iam.createGroup({ GroupName: 'readers' });
  await root.iam.addUserToGroup({ GroupName: 'readers', UserName: 'alice' });
  await root.iam.putUserPolicy({ UserName: 'alice', PolicyName: 'own', PolicyDocument: own });
  await root.iam.putGroupPolicy({
    GroupName: 'readers',
    PolicyName: 'sqs',
    PolicyDocument: policy(allow('sqs:ListQueues')),
  });
  await root.iam.attachUserPolicy({ UserName: 'alice', PolicyArn: 'arn:aws:iam::aws:policy/AmazonEC2ReadOnlyAccess' });
  const PolicySourceArn = `arn:aws:iam::${managementAccount}:user/alice`;
  const ask = async (action: string, more = {}) =>
    (await root.iam.simulatePrincipalPolicy({ PolicySourceArn, ActionNames: [action], ...more }))
      .EvaluationResults?.[0];
  const mine = await ask('s3:GetObject', { ResourceArns: ['arn:aws:s3:::alice/x'] });
  assert.deepEqual(
    mine?.MatchedStatements?.map((s) => [s.SourcePolicyId, s.SourcePolicyType]),
    [['user_alice_own', 'user']],
  );
  assert.equal((await ask('s3:GetObject', { ResourceArns: ['arn:aws:s3:::bob/x'] }))?.EvalDecision, 'implicitDeny');
  assert.deepEqual((await ask('sqs:ListQueues'))?.MatchedStatements?.[0]?.SourcePolicyId, 'group_readers_sqs');
  const managed = (await ask('ec2:DescribeInstances'))?.MatchedStatements?.[0];
  assert.deepEqual([managed?.SourcePolicyId, managed?.SourcePolicyType], ['AmazonEC2ReadOnlyAccess', 'aws-managed']);
  const excluded = [{ PolicyArn: 'arn:aws:iam::aws:policy/AmazonEC2*' }, { PolicyType: 'aws-managed' as const }];
  for (const identifier of excluded) {
    assert.equal(
      (await ask('ec2:DescribeInstances', { PolicyExclusionList: [identifier] }))?.EvalDecision,
      'implicitDeny',
    );
  }
  const inline = { PolicyName: 'sqs', AttachmentType: 'GROUP', AttachmentName: 'read*' };
  const withoutGroup = await ask('sqs:ListQueues', { PolicyExclusionList: [{ InlinePolicyIdentifier: inline }] });
  assert.equal(withoutGroup?.EvalDecision, 'implicitDeny');

  await root.iam.putUserPermissionsBoundary({
    UserName: 'alice',
    PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonS3FullAccess',
  });
  const bounded = await ask('sqs:ListQueues');
  assert.equal(bounded?.EvalDecision, 'implicitDeny');
  assert.deepEqual(bounded?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false });
  const other = { PermissionsBoundaryPolicyInputList: [policy(allow('sqs:*'))] };
  assert.equal((await ask('sqs:ListQueues', other))?.EvalDecision, 'allowed');
});

test('A resource-based policy grants to whom it names', async () => {
  const cloud = await testCloud();
  const { root, managementAccount } = cloud;
  await cloud.user('alice');
  const arn = `arn:aws:iam::${managementAccount}:user/alice`;
  const ResourcePolicy = policy({ Effect: 'Allow', Principal: { AWS: arn }, Action: 's3:GetObject', Resource: OBJECT });
  const input = { ResourcePolicy, ResourceArns: [OBJECT] };
  const granted = await simulateCustom(root, [policy(allow('ec2:*'))], { ...input, CallerArn: arn });
  assert.equal(granted?.EvalDecision, 'allowed');
  assert.deepEqual(
    granted?.MatchedStatements?.map((s) => s.SourcePolicyType),
    ['resource'],
  );
  assert.deepEqual(granted?.EvalDecisionDetails, {});
  const foreign = { ...input, CallerArn: arn, ResourceOwner: 'arn:aws:iam::999988887777:root' };
  const across = await simulateCustom(root, [policy(allow('ec2:*'))], foreign);
  assert.equal(across?.EvalDecision, 'implicitDeny');
  assert.deepEqual(across?.EvalDecisionDetails, { 'IAM Policy': 'implicitDeny', 'Resource Policy': 'allowed' });
  await rejected(simulateCustom(root, [policy(allow('ec2:*'))], input), 'InvalidInput', /CallerArn/);
});

test('The simulator refuses what it cannot simulate', async () => {
  const { root, managementAccount } = await testCloud();
  const good = [policy(allow('*'))];
  const cases: [Promise<unknown>, string, RegExp][] = [
    [simulateCustom(root, ['{']), 'InvalidInput', /PolicyInputList\.1: Syntax errors in policy\./],
    [simulateCustom(root, good, { ActionNames: ['s3:*'] }), 'InvalidInput', /s3:\*/],
    [simulateCustom(root, good, { ResourceHandlingOption: 'EC2-VPC-EBS' }), 'InvalidInput', /EC2-VPC-EBS/],
    [
      simulateCustom(root, good, { PermissionsBoundaryPolicyInputList: [...good, ...good] }),
      'InvalidInput',
      /one permissions boundary/,
    ],
    [
      root.iam.simulatePrincipalPolicy({
        PolicySourceArn: `arn:aws:iam::${managementAccount}:root`,
        ActionNames: ['s3:GetObject'],
      }),
      'InvalidInput',
      /^Invalid Entity Arn: .* does not clearly define entity type and name\.$/,
    ],
    [
      root.iam.simulatePrincipalPolicy({
        PolicySourceArn: `arn:aws:iam::${managementAccount}:role/none`,
        ActionNames: ['s3:GetObject'],
      }),
      'NoSuchEntity',
      /The role with name none cannot be found\./,
    ],
  ];
  for (const [call, code, message] of cases) await rejected(call, code, message);
});

test('Simulations page over actions', async () => {
  const { root } = await testCloud();
  const input = {
    PolicyInputList: [policy(allow('*'))],
    ActionNames: ['s3:GetObject', 's3:PutObject', 'ec2:RunInstances'],
  };
  const first = await root.iam.simulateCustomPolicy({ ...input, MaxItems: 2 });
  assert.deepEqual([first.EvaluationResults?.length, first.IsTruncated], [2, true]);
  const second = await root.iam.simulateCustomPolicy({ ...input, MaxItems: 2, Marker: first.Marker });
  assert.deepEqual(
    second.EvaluationResults?.map((r) => r.EvalActionName),
    ['ec2:RunInstances'],
  );
  assert.equal(second.IsTruncated, false);
});

test('Permission to simulate a principal is permission on that principal', async () => {
  const cloud = await testCloud();
  const arn = `arn:aws:iam::${cloud.managementAccount}:user/`;
  await cloud.user('alice');
  const bob = await cloud.user('bob', policy(allow('iam:SimulatePrincipalPolicy', { Resource: `${arn}alice` })));
  await bob.iam.simulatePrincipalPolicy({ PolicySourceArn: `${arn}alice`, ActionNames: ['s3:GetObject'] });
  const other = { PolicySourceArn: `${arn}bob`, ActionNames: ['s3:GetObject'] };
  await rejected(bob.iam.simulatePrincipalPolicy(other), 'AccessDenied', /iam:SimulatePrincipalPolicy/);
});

test('GetContextKeysForCustomPolicy finds conditions and variables, escapes not', async () => {
  const { root, managementAccount } = await testCloud();
  const text = policy(
    allow('s3:*', {
      Resource: ['arn:aws:s3:::b/${aws:username}/${*}', "arn:aws:s3:::b/${aws:PrincipalTag/team, 'none'}"],
      Condition: { StringLike: { 's3:prefix': '${saml:sub}', 'AWS:UserName': '*' } },
    }),
  );
  const { ContextKeyNames } = await root.iam.getContextKeysForCustomPolicy({ PolicyInputList: [text] });
  assert.deepEqual(ContextKeyNames?.map((key) => key.toLowerCase()).sort(), [
    'aws:principaltag/team',
    'aws:username',
    's3:prefix',
    'saml:sub',
  ]);
  await root.iam.createGroup({ GroupName: 'g' });
  await root.iam.putGroupPolicy({
    GroupName: 'g',
    PolicyName: 'p',
    PolicyDocument: policy(allow('s3:*', { Condition: { StringLike: { 'AWS:UserName': '*', 's3:prefix': 'x' } } })),
  });
  const PolicySourceArn = `arn:aws:iam::${managementAccount}:group/g`;
  const found = await root.iam.getContextKeysForPrincipalPolicy({ PolicySourceArn });
  assert.deepEqual(found.ContextKeyNames, ['AWS:UserName', 's3:prefix']);
});

test('A simulation that would take too long is refused', async () => {
  const { root } = await testCloud();
  const text = policy(...Array.from({ length: 400 }, (_, n) => allow('s3:*', { Sid: `s${n}` })));
  const ResourceArns = Array.from({ length: 400 }, (_, n) => `${OBJECT}${n}`);
  await rejected(simulateCustom(root, [text], { ResourceArns }), 'InvalidInput', /too many statements/);
  const cut = await root.iam.simulateCustomPolicy({
    PolicyInputList: [text],
    ActionNames: ['s3:GetObject', 's3:PutObject'],
    ResourceArns: ResourceArns.slice(0, 150),
  });
  assert.deepEqual([cut.EvaluationResults?.length, cut.IsTruncated], [1, true]);
});
