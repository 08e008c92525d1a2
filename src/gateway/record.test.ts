/** Records as CloudTrail's documentation shows them, for every kind of caller. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADMIN, type Clients, type Cloud, testCloud } from '../testing/cloud.ts';
import { CALLER_IDENTITY, form, signed } from '../testing/signed.ts';

// biome-ignore lint/suspicious/noExplicitAny: a record is JSON of many forms
type Recorded = any;

/** Every record of the journal, oldest first: what is there is durable. */
async function recordsIn(cloud: Cloud): Promise<Recorded[]> {
  const rows = await cloud.deps.store.journal.read(0, 1000);
  return rows.filter((row) => row.kind === 'api').map((row) => JSON.parse(row.body));
}

const lastOf = async (cloud: Cloud) => (await recordsIn(cloud)).at(-1);

interface Given {
  readonly Credentials?:
    | { AccessKeyId?: string | undefined; SecretAccessKey?: string | undefined; SessionToken?: string | undefined }
    | undefined;
}
const withSession = (cloud: Cloud, { Credentials: c }: Given): Clients =>
  cloud.as({ accessKeyId: c!.AccessKeyId!, secretAccessKey: c!.SecretAccessKey!, sessionToken: c!.SessionToken! });

const trusting = (principal: object) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: principal,
      Action: ['sts:AssumeRole', 'sts:SetSourceIdentity', 'sts:TagSession'],
    },
  });

const ACCOUNT = '111122223333';

test('the record of a call of root, member by member', async () => {
  const cloud = await testCloud();
  const key = await cloud.keyFor(ACCOUNT);
  const { $metadata, User } = await cloud
    .as(key)
    .iam.createUser({ UserName: 'alice', Tags: [{ Key: 'a', Value: 'b' }] });
  const record = await lastOf(cloud);
  const { eventID, userAgent, ...rest } = record;
  assert.match(eventID, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.match(userAgent, /^aws-sdk-js\/3/);
  assert.deepEqual(rest, {
    eventVersion: '1.11',
    userIdentity: {
      type: 'Root',
      principalId: ACCOUNT,
      arn: `arn:aws:iam::${ACCOUNT}:root`,
      accountId: ACCOUNT,
      accessKeyId: key.accessKeyId,
    },
    eventTime: '2030-01-01T00:00:00Z',
    eventSource: 'iam.amazonaws.com',
    eventName: 'CreateUser',
    awsRegion: 'us-east-1',
    sourceIPAddress: '127.0.0.1',
    requestParameters: { userName: 'alice', tags: [{ key: 'a', value: 'b' }] },
    responseElements: {
      user: {
        path: '/',
        userName: 'alice',
        userId: User!.UserId,
        arn: `arn:aws:iam::${ACCOUNT}:user/alice`,
        createDate: 'Jan 1, 2030, 12:00:00 AM',
        tags: [{ key: 'a', value: 'b' }],
      },
    },
    requestID: $metadata.requestId,
    readOnly: false,
    eventType: 'AwsApiCall',
    apiVersion: '2010-05-08',
    managementEvent: true,
    recipientAccountId: ACCOUNT,
    eventCategory: 'Management',
  });
});

test('userIdentity of every kind of caller is as CloudTrail documents it', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const { Role } = await alice.iam.createRole({
    RoleName: 'deployer',
    Path: '/ci/',
    AssumeRolePolicyDocument: trusting({ AWS: ACCOUNT }),
  });
  await alice.iam.putRolePolicy({ RoleName: 'deployer', PolicyName: 'p', PolicyDocument: ADMIN });
  const { User } = await alice.iam.getUser({});
  const user = { type: 'IAMUser', principalId: User!.UserId, arn: User!.Arn, accountId: ACCOUNT, userName: 'alice' };
  const attributes = { creationDate: '2030-01-01T00:00:00Z', mfaAuthenticated: 'false' };
  const identityOf = async (clients: Clients) => {
    await clients.sts.getCallerIdentity({});
    const { accessKeyId, ...identity } = (await lastOf(cloud)).userIdentity;
    assert.match(accessKeyId, /^A[SK]IA/);
    return identity;
  };
  assert.deepEqual(await identityOf(alice), user);
  const token = withSession(cloud, await alice.sts.getSessionToken({}));
  assert.deepEqual(await identityOf(token), { ...user, sessionContext: { attributes } });
  const RoleArn = Role!.Arn!;
  const assumed = withSession(
    cloud,
    await alice.sts.assumeRole({ RoleArn, RoleSessionName: 'build-7', SourceIdentity: 'alice' }),
  );
  assert.deepEqual(await identityOf(assumed), {
    type: 'AssumedRole',
    principalId: `${Role!.RoleId}:build-7`,
    arn: `arn:aws:sts::${ACCOUNT}:assumed-role/deployer/build-7`,
    accountId: ACCOUNT,
    sessionContext: {
      sessionIssuer: {
        type: 'Role',
        principalId: Role!.RoleId,
        arn: `arn:aws:iam::${ACCOUNT}:role/ci/deployer`,
        accountId: ACCOUNT,
        userName: 'deployer',
      },
      attributes,
      sourceIdentity: 'alice',
    },
  });
  const federated = withSession(cloud, await alice.sts.getFederationToken({ Name: 'carol', Policy: ADMIN }));
  assert.deepEqual(await identityOf(federated), {
    type: 'FederatedUser',
    principalId: `${ACCOUNT}:carol`,
    arn: `arn:aws:sts::${ACCOUNT}:federated-user/carol`,
    accountId: ACCOUNT,
    sessionContext: {
      sessionIssuer: {
        type: 'IAMUser',
        principalId: User!.UserId,
        arn: User!.Arn,
        accountId: ACCOUNT,
        userName: 'alice',
      },
      attributes,
    },
  });
});

test("root's name in records is the alias of its account", async () => {
  const cloud = await testCloud();
  await cloud.root.sts.getCallerIdentity({});
  assert.equal('userName' in (await lastOf(cloud)).userIdentity, false);
  await cloud.root.iam.createAccountAlias({ AccountAlias: 'the-company' });
  await cloud.root.sts.getCallerIdentity({});
  assert.equal((await lastOf(cloud)).userIdentity.userName, 'the-company');
});

test('a role assumed from another account is recorded in both, under one sharedEventID', async () => {
  const cloud = await testCloud();
  const other = await cloud.memberAccount('other');
  const { Role } = await cloud.root.iam.createRole({
    RoleName: 'shared',
    AssumeRolePolicyDocument: trusting({ AWS: other.id }),
  });
  const bob = await other.user('bob', ADMIN);
  await bob.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'visit' });
  const [callers, owners] = (await recordsIn(cloud)).slice(-2);
  assert.equal(callers.recipientAccountId, other.id);
  assert.equal(owners.recipientAccountId, ACCOUNT);
  assert.ok(callers.sharedEventID);
  assert.equal(callers.sharedEventID, owners.sharedEventID);
  assert.notEqual(callers.eventID, owners.eventID);
  assert.equal(callers.userIdentity.type, 'IAMUser');
  assert.deepEqual(owners.userIdentity, {
    type: 'AWSAccount',
    principalId: callers.userIdentity.principalId,
    accountId: other.id,
  });
  for (const record of [callers, owners]) {
    assert.equal(record.readOnly, true);
    assert.deepEqual(record.resources, [{ accountId: ACCOUNT, type: 'AWS::IAM::Role', ARN: Role!.Arn }]);
    assert.equal(record.requestParameters.roleSessionName, 'visit');
    assert.equal(record.responseElements.assumedRoleUser.arn, `arn:aws:sts::${ACCOUNT}:assumed-role/shared/visit`);
    assert.equal(record.responseElements.credentials.secretAccessKey, undefined);
  }
});

test('calls that are refused, wrong or of operations that are not there are recorded, with the error and no answer', async () => {
  const cloud = await testCloud();
  const eve = await cloud.user('eve');
  const root = await cloud.keyFor(ACCOUNT);
  const call = (text: string, service = 'iam') => cloud.send(signed(form(text), { ...root, service }));
  await assert.rejects(eve.iam.createUser({ UserName: 'x' }));
  const refused = await lastOf(cloud);
  assert.equal(refused.errorCode, 'AccessDenied');
  assert.match(
    refused.errorMessage,
    /^User: arn:aws:iam::111122223333:user\/eve is not authorized to perform: iam:CreateUser/,
  );
  assert.deepEqual([refused.requestParameters, refused.responseElements], [{ userName: 'x' }, null]);
  const rows: [string, string, string][] = [
    ['Action=CreateUser&Version=2010-05-08', 'iam', 'ValidationError'],
    ['Action=GetUser&Version=2010-05-08&UserName=nobody', 'iam', 'NoSuchEntityException'],
    ['Action=GetOTelEnrichment&Version=2010-08-01', 'monitoring', 'NotImplemented'],
  ];
  for (const [text, service, code] of rows) {
    await call(text, service);
    const record = await lastOf(cloud);
    assert.deepEqual([record.errorCode, record.responseElements, record.eventType], [code, null, 'AwsApiCall'], text);
    assert.equal(record.eventName, /Action=(\w+)/.exec(text)![1]);
  }
});

test('who proved nothing, and what is no operation, leaves no record', async () => {
  const cloud = await testCloud();
  const root = await cloud.keyFor(ACCOUNT);
  const before = (await recordsIn(cloud)).length;
  await cloud.send(signed(CALLER_IDENTITY, { ...root, secretAccessKey: 'x' }));
  await cloud.send(CALLER_IDENTITY);
  await cloud.send(signed(form('Action=Nothing&Version=2011-06-15'), root));
  await cloud.send(signed(form('Action=%zz'), root));
  assert.equal((await recordsIn(cloud)).length, before);
});

test('secrets are hidden in what was asked and left out of what was answered', async () => {
  const cloud = await testCloud();
  await cloud.user('alice', ADMIN);
  const secret = 'Correct-Horse-Battery-9';
  await cloud.root.iam.createLoginProfile({ UserName: 'alice', Password: secret });
  assert.equal((await lastOf(cloud)).requestParameters.password, 'HIDDEN_DUE_TO_SECURITY_REASONS');
  const { AccessKey } = await cloud.root.iam.createAccessKey({ UserName: 'alice' });
  assert.equal((await lastOf(cloud)).responseElements.accessKey.secretAccessKey, undefined);
  assert.equal((await lastOf(cloud)).responseElements.accessKey.accessKeyId, AccessKey!.AccessKeyId);
  const all = JSON.stringify(await cloud.deps.store.journal.read(0, 1000));
  for (const text of [secret, AccessKey!.SecretAccessKey!]) assert.equal(all.includes(text), false);
});

test("texts and parameters over CloudTrail's limits are cut or left out", async () => {
  const cloud = await testCloud();
  const root = await cloud.keyFor(ACCOUNT);
  const body = form(`Action=CreatePolicy&Version=2010-05-08&PolicyName=p&PolicyDocument=${'x'.repeat(200_000)}`);
  await cloud.send(
    signed({ ...body, headers: { ...body.headers, 'user-agent': 'u'.repeat(5000) } }, { ...root, service: 'iam' }),
  );
  const record = await lastOf(cloud);
  assert.equal(record.userAgent.length, 1024);
  assert.equal(record.requestParameters, null);
  assert.ok(record.errorMessage.length <= 1024);
});

test('a limit of parameters is one of bytes', async () => {
  const cloud = await testCloud();
  const named = (length: number) => ({ UserName: 'alice', Tags: [{ Key: 'k', Value: '字'.repeat(length) }] });
  await cloud.root.iam.createUser(named(200));
  assert.equal((await lastOf(cloud)).requestParameters.tags[0].value.length, 200);
  const policy = { Version: '2012-10-17', Statement: [], Id: '字'.repeat(40_000) };
  await cloud.root.iam
    .simulateCustomPolicy({ PolicyInputList: [JSON.stringify(policy)], ActionNames: ['s3:*'] })
    .catch(() => {});
  assert.equal((await lastOf(cloud)).requestParameters, null);
});

test('a service with one endpoint is recorded in us-east-1, another in the Region that was asked', async () => {
  const cloud = await testCloud();
  const paris = cloud.as(await cloud.keyFor(ACCOUNT), 'eu-west-3');
  await paris.iam.listUsers({});
  assert.equal((await lastOf(cloud)).awsRegion, 'us-east-1');
  await paris.sts.getCallerIdentity({});
  assert.equal((await lastOf(cloud)).awsRegion, 'eu-west-3');
});
