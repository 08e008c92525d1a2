import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Cloud, testCloud } from '../../testing/cloud.ts';

const trust = (Principal: unknown, Condition?: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole', ...(Condition && { Condition }) }],
  });

async function withAnalyzer(cloud: Cloud) {
  const { arn } = await cloud.root.accessAnalyzer.createAnalyzer({ analyzerName: 'outside', type: 'ACCOUNT' });
  return arn!;
}

const roleArn = (cloud: Cloud, name: string) => `arn:aws:iam::${cloud.managementAccount}:role/${name}`;

test('ListFindings tells of roles that others may assume, and of no others', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  const inside = trust({ AWS: cloud.managementAccount });
  await iam.createRole({ RoleName: 'inside', AssumeRolePolicyDocument: inside });
  const service = trust({ Service: 'ec2.amazonaws.com' });
  await iam.createRole({ RoleName: 'service', AssumeRolePolicyDocument: service });
  const partner = trust({ AWS: 'arn:aws:iam::444455556666:root' }, { StringEquals: { 'sts:ExternalId': 'abc' } });
  await iam.createRole({ RoleName: 'partner', AssumeRolePolicyDocument: partner });

  const { findings } = await accessAnalyzer.listFindings({ analyzerArn });
  assert.equal(findings?.length, 1);
  const [{ id, analyzedAt, createdAt, updatedAt, ...finding }] = findings as [NonNullable<typeof findings>[0]];
  assert.match(id!, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([analyzedAt, createdAt, updatedAt], [cloud.now(), cloud.now(), cloud.now()]);
  assert.deepEqual(finding, {
    resource: roleArn(cloud, 'partner'),
    resourceType: 'AWS::IAM::Role',
    resourceOwnerAccount: cloud.managementAccount,
    principal: { AWS: '444455556666' },
    action: ['sts:AssumeRole'],
    condition: { 'sts:ExternalId': 'abc' },
    isPublic: false,
    resourceControlPolicyRestriction: 'NOT_APPLICABLE',
    status: 'ACTIVE',
  });
});

test('A finding is resolved when the access goes, and is the same one when it comes back', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  const open = trust({ AWS: ['444455556666', 'arn:aws:iam::777788889999:role/ci'] });
  const closed = trust({ AWS: cloud.managementAccount });
  await iam.createRole({ RoleName: 'partner', AssumeRolePolicyDocument: open });
  const before = (await accessAnalyzer.listFindings({ analyzerArn })).findings!;
  assert.deepEqual(before.map(({ principal }) => principal?.AWS).sort(), [
    '444455556666',
    'arn:aws:iam::777788889999:role/ci',
  ]);
  const ids = before.map(({ id }) => id).sort();
  const statuses = async () => {
    const { findings = [] } = await accessAnalyzer.listFindings({ analyzerArn });
    assert.deepEqual(findings.map(({ id }) => id).sort(), ids);
    return findings.map(({ status }) => status);
  };
  cloud.advance('P1D');
  await iam.updateAssumeRolePolicy({ RoleName: 'partner', PolicyDocument: closed });
  assert.deepEqual(await statuses(), ['RESOLVED', 'RESOLVED']);
  await iam.updateAssumeRolePolicy({ RoleName: 'partner', PolicyDocument: open });
  assert.deepEqual(await statuses(), ['ACTIVE', 'ACTIVE']);
  await iam.deleteRole({ RoleName: 'partner' });
  assert.deepEqual(await statuses(), ['RESOLVED', 'RESOLVED']);
  cloud.advance('P91D');
  assert.deepEqual((await accessAnalyzer.listFindings({ analyzerArn })).findings, []);
});

test('Archive rules archive what is found after them; ApplyArchiveRule what was found before', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  const partner = trust({ AWS: '444455556666' });
  await iam.createRole({ RoleName: 'first', AssumeRolePolicyDocument: partner });
  const rule = { analyzerName: 'outside', ruleName: 'partner' };
  await accessAnalyzer.createArchiveRule({ ...rule, filter: { 'principal.AWS': { eq: ['444455556666'] } } });
  await iam.createRole({ RoleName: 'second', AssumeRolePolicyDocument: partner });
  const archived = async () => {
    const filter = { status: { eq: ['ARCHIVED'] } };
    const { findings = [] } = await accessAnalyzer.listFindings({ analyzerArn, filter });
    return findings.map(({ resource }) => resource?.split('/')[1]).sort();
  };
  assert.deepEqual(await archived(), ['second']);
  await accessAnalyzer.applyArchiveRule({ analyzerArn, ruleName: 'partner' });
  assert.deepEqual(await archived(), ['first', 'second']);
  await accessAnalyzer.updateFindings({ analyzerArn, resourceArn: roleArn(cloud, 'first'), status: 'ACTIVE' });
  assert.deepEqual(await archived(), ['second']);
});

test('Lists are filtered, sorted and paged', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  for (const name of ['c', 'a', 'b', 'open']) {
    const principal = name === 'open' ? '*' : { AWS: '444455556666' };
    await iam.createRole({ RoleName: name, AssumeRolePolicyDocument: trust(principal) });
  }
  const names = (findings: readonly { resource?: string | undefined }[] | undefined) =>
    findings?.map(({ resource }) => resource?.split('/')[1]);
  const list = (question: object) => accessAnalyzer.listFindingsV2({ analyzerArn, ...question });
  const sort = { attributeName: 'resource', orderBy: 'ASC' } as const;
  const first = await list({ sort, maxResults: 3 });
  assert.deepEqual(names(first.findings), ['a', 'b', 'c']);
  assert.deepEqual(names((await list({ sort, maxResults: 3, nextToken: first.nextToken })).findings), ['open']);
  const seen: (string | undefined)[] = [];
  let nextToken: string | undefined;
  do {
    const page = await list({ maxResults: 1, nextToken });
    seen.push(...(names(page.findings) ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  assert.deepEqual(seen.sort(), ['a', 'b', 'c', 'open']);

  assert.deepEqual(names((await list({ filter: { isPublic: { eq: ['true'] } } })).findings), ['open']);
  const neither = { resource: { neq: [roleArn(cloud, 'a'), roleArn(cloud, 'open')] } };
  assert.deepEqual(names((await list({ filter: neither, sort })).findings), ['b', 'c']);
  assert.deepEqual(names((await list({ filter: { resource: { contains: ['role/b'] } } })).findings), ['b']);
  await assert.rejects(list({ nextToken: 'bogus' }), { name: 'ValidationException' });
  await assert.rejects(list({ filter: { shape: { eq: ['round'] } } }), { name: 'ValidationException' });

  const { findingsStatistics } = await accessAnalyzer.getFindingsStatistics({ analyzerArn });
  assert.deepEqual(findingsStatistics?.[0]?.externalAccessFindingsStatistics, {
    resourceTypeStatistics: {
      'AWS::IAM::Role': { totalActivePublic: 1, totalActiveCrossAccount: 3, totalActiveErrors: 0 },
    },
    totalActiveFindings: 4,
    totalArchivedFindings: 0,
    totalResolvedFindings: 0,
  });
});

test('GetFinding and GetFindingV2 tell one finding; GetAnalyzedResource what was looked at', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  await iam.createRole({ RoleName: 'open', AssumeRolePolicyDocument: trust('*') });
  const { findings } = await accessAnalyzer.listFindings({ analyzerArn });
  const id = findings![0]!.id!;
  assert.deepEqual((await accessAnalyzer.getFinding({ analyzerArn, id })).finding, findings![0]);
  const { findingDetails, findingType } = await accessAnalyzer.getFindingV2({ analyzerArn, id });
  assert.equal(findingType, 'ExternalAccess');
  assert.deepEqual(findingDetails?.[0]?.externalAccessDetails, {
    action: ['sts:AssumeRole'],
    condition: {},
    isPublic: true,
    principal: { AWS: '*' },
    resourceControlPolicyRestriction: 'NOT_APPLICABLE',
  });
  await assert.rejects(accessAnalyzer.getFinding({ analyzerArn, id: 'none' }), { name: 'ResourceNotFoundException' });

  const resourceArn = roleArn(cloud, 'open');
  const { resource } = await accessAnalyzer.getAnalyzedResource({ analyzerArn, resourceArn });
  assert.deepEqual(resource, {
    resourceArn,
    resourceType: 'AWS::IAM::Role',
    resourceOwnerAccount: cloud.managementAccount,
    createdAt: cloud.now(),
    analyzedAt: cloud.now(),
    updatedAt: cloud.now(),
    isPublic: true,
    actions: ['sts:AssumeRole'],
    status: 'ACTIVE',
  });
  const listed = await accessAnalyzer.listAnalyzedResources({ analyzerArn, resourceType: 'AWS::IAM::Role' });
  assert.ok(listed.analyzedResources?.some((one) => one.resourceArn === resourceArn));
  cloud.advance('PT2H');
  await accessAnalyzer.startResourceScan({ analyzerArn, resourceArn });
  const again = await accessAnalyzer.getAnalyzedResource({ analyzerArn, resourceArn });
  assert.deepEqual(again.resource?.analyzedAt, cloud.now());
  await assert.rejects(accessAnalyzer.startResourceScan({ analyzerArn, resourceArn: roleArn(cloud, 'none') }), {
    name: 'ResourceNotFoundException',
  });
});

test('With the organization as zone of trust its accounts are inside, and analyzed too', async () => {
  const cloud = await testCloud();
  const { organizations, accessAnalyzer, iam } = cloud.root;
  const refused = accessAnalyzer.createAnalyzer({ analyzerName: 'all', type: 'ORGANIZATION' });
  await assert.rejects(refused, { name: 'ValidationException' });
  await organizations.createOrganization({ FeatureSet: 'ALL' });
  await organizations.enableAWSServiceAccess({ ServicePrincipal: 'access-analyzer.amazonaws.com' });
  await organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await organizations.listAccounts({});
  const dev = Accounts!.find(({ Name }) => Name === 'dev')!.Id!;
  const { Organization } = await organizations.describeOrganization({});
  const { arn: analyzerArn } = await accessAnalyzer.createAnalyzer({ analyzerName: 'all', type: 'ORGANIZATION' });
  const account = await withAnalyzer(cloud);
  await iam.createRole({ RoleName: 'member', AssumeRolePolicyDocument: trust({ AWS: dev }) });
  const org = { StringEquals: { 'aws:PrincipalOrgID': Organization!.Id! } };
  await iam.createRole({ RoleName: 'org', AssumeRolePolicyDocument: trust('*', org) });
  const devRoot = cloud.as(await cloud.keyFor(dev));
  await devRoot.iam.createRole({ RoleName: 'partner', AssumeRolePolicyDocument: trust({ AWS: '444455556666' }) });

  const found = async (arn: string | undefined) => {
    const { findings } = await accessAnalyzer.listFindings({ analyzerArn: arn });
    return findings!.map(({ resource, resourceOwnerAccount, condition }) => {
      return `${resource!.split('/')[1]} ${resourceOwnerAccount === dev} ${Object.keys(condition ?? {})}`;
    });
  };
  assert.deepEqual((await found(analyzerArn)).sort(), ['partner true ']);
  assert.deepEqual((await found(account)).sort(), ['member false ', 'org false aws:PrincipalOrgID']);

  await organizations.disableAWSServiceAccess({ ServicePrincipal: 'access-analyzer.amazonaws.com' });
  const { analyzer } = await accessAnalyzer.getAnalyzer({ analyzerName: 'all' });
  assert.deepEqual([analyzer?.status, analyzer?.statusReason?.code], ['DISABLED', 'AWS_SERVICE_ACCESS_DISABLED']);
  await assert.rejects(found(analyzerArn), { name: 'ValidationException' });
});

test('An access preview tells what a trust policy would change', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { iam, accessAnalyzer } = cloud.root;
  const today = trust({ AWS: ['444455556666', '777788889999'] });
  await iam.createRole({ RoleName: 'partner', AssumeRolePolicyDocument: today });
  const proposed = trust({ AWS: ['444455556666', '123456789012'] });
  const configurations = { [roleArn(cloud, 'partner')]: { iamRole: { trustPolicy: proposed } } };
  const { id: accessPreviewId } = await accessAnalyzer.createAccessPreview({ analyzerArn, configurations });
  const { accessPreview } = await accessAnalyzer.getAccessPreview({ analyzerArn, accessPreviewId });
  assert.deepEqual(accessPreview?.configurations, configurations);
  assert.equal(accessPreview?.status, 'COMPLETED');
  const { findings } = await accessAnalyzer.listAccessPreviewFindings({ analyzerArn, accessPreviewId });
  const told = findings?.map(({ principal, changeType, status, existingFindingStatus }) => {
    return [principal?.AWS, changeType, status, existingFindingStatus].join(' ');
  });
  assert.deepEqual(told?.sort(), [
    '123456789012 NEW ACTIVE ',
    '444455556666 UNCHANGED ACTIVE ACTIVE',
    '777788889999 CHANGED RESOLVED ACTIVE',
  ]);
  const filter = { changeType: { eq: ['NEW'] } };
  const fresh = await accessAnalyzer.listAccessPreviewFindings({ analyzerArn, accessPreviewId, filter });
  assert.equal(fresh.findings?.length, 1);
  assert.equal((await accessAnalyzer.listAccessPreviews({ analyzerArn })).accessPreviews?.length, 1);
  const after = await accessAnalyzer.listFindings({ analyzerArn });
  assert.equal(after.findings?.length, 2);

  const broken = { [roleArn(cloud, 'partner')]: { iamRole: { trustPolicy: '{' } } };
  const { id } = await accessAnalyzer.createAccessPreview({ analyzerArn, configurations: broken });
  const failed = await accessAnalyzer.getAccessPreview({ analyzerArn, accessPreviewId: id });
  assert.equal(failed.accessPreview?.statusReason?.code, 'INVALID_CONFIGURATION');
  cloud.advance('P2D');
  await assert.rejects(accessAnalyzer.getAccessPreview({ analyzerArn, accessPreviewId }), {
    name: 'ResourceNotFoundException',
  });
});

test('Access previews know buckets, keys and queues that the plane does not have', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { accessAnalyzer } = cloud.root;
  const open = (Action: string, Resource: string) =>
    JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: '*', Action, Resource }] });
  const preview = async (configurations: object) => {
    const { id: accessPreviewId } = await accessAnalyzer.createAccessPreview({ analyzerArn, configurations } as never);
    const { findings } = await accessAnalyzer.listAccessPreviewFindings({ analyzerArn, accessPreviewId });
    return findings?.map(({ isPublic, action, resourceType }) => [resourceType, isPublic, action?.join()]);
  };
  const bucketPolicy = open('s3:GetObject', 'arn:aws:s3:::b/*');
  const bucket = { 'arn:aws:s3:::b': { s3Bucket: { bucketPolicy } } };
  assert.deepEqual(await preview(bucket), [['AWS::S3::Bucket', true, 's3:GetObject']]);
  const bucketPublicAccessBlock = { ignorePublicAcls: true, restrictPublicBuckets: true };
  const blocked = { 'arn:aws:s3:::b': { s3Bucket: { bucketPolicy, bucketPublicAccessBlock } } };
  assert.deepEqual(await preview(blocked), []);
  const queueArn = `arn:aws:sqs:us-east-1:${cloud.managementAccount}:q`;
  const queue = { [queueArn]: { sqsQueue: { queuePolicy: open('sqs:SendMessage', queueArn) } } };
  assert.deepEqual(await preview(queue), [['AWS::SQS::Queue', true, 'sqs:SendMessage']]);
  const key = `arn:aws:kms:us-east-1:${cloud.managementAccount}:key/12345678-1234-1234-1234-123456789012`;
  const grant = {
    operations: ['Decrypt'],
    granteePrincipal: 'arn:aws:iam::444455556666:role/r',
    issuingAccount: '444455556666',
  };
  assert.deepEqual(await preview({ [key]: { kmsKey: { grants: [grant] } } }), [
    ['AWS::KMS::Key', false, 'kms:Decrypt'],
  ]);
  const theirs = { 'arn:aws:sqs:us-east-1:444455556666:q': { sqsQueue: { queuePolicy: '' } } };
  await assert.rejects(preview(theirs), { name: 'ValidationException' });
});

test('A principal of another account of the plane is external, by the name it has today', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const member = await cloud.memberAccount('dev');
  const { Role } = await member.root.iam.createRole({
    RoleName: 'theirs',
    AssumeRolePolicyDocument: trust({ AWS: member.id }),
  });
  const { iam, accessAnalyzer } = cloud.root;
  await iam.createRole({ RoleName: 'ours', AssumeRolePolicyDocument: trust({ AWS: Role!.Arn }) });
  const { findings } = await accessAnalyzer.listFindings({ analyzerArn });
  assert.deepEqual(
    findings?.map(({ principal }) => principal),
    [{ AWS: Role!.Arn }],
  );
});

test('Key policies and grants that reach outside are findings in the Region of the key', async () => {
  const cloud = await testCloud();
  const analyzerArn = await withAnalyzer(cloud);
  const { kms, accessAnalyzer } = cloud.root;
  const { KeyMetadata } = await kms.createKey({});
  const list = async () => (await accessAnalyzer.listFindings({ analyzerArn })).findings ?? [];
  assert.deepEqual(await list(), []);
  const statement = { Effect: 'Allow', Resource: '*' };
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { ...statement, Principal: { AWS: `arn:aws:iam::${cloud.managementAccount}:root` }, Action: 'kms:*' },
      { ...statement, Principal: { AWS: 'arn:aws:iam::444455556666:root' }, Action: 'kms:Decrypt' },
    ],
  });
  await kms.putKeyPolicy({ KeyId: KeyMetadata!.KeyId, Policy });
  const GranteePrincipal = 'arn:aws:iam::777788889999:role/reader';
  await kms.createGrant({ KeyId: KeyMetadata!.KeyId, GranteePrincipal, Operations: ['Encrypt'] });
  const told = (await list()).map(({ resource, resourceType, principal, action }) => {
    assert.deepEqual([resource, resourceType], [KeyMetadata!.Arn, 'AWS::KMS::Key']);
    return `${principal?.AWS} ${action}`;
  });
  assert.deepEqual(told.sort(), ['444455556666 kms:Decrypt', `${GranteePrincipal} kms:Encrypt`]);
});
