import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GetContactInformationCommand } from '@aws-sdk/client-account';
import { ListMetricsCommand } from '@aws-sdk/client-cloudwatch';
import { ListUsersCommand } from '@aws-sdk/client-iam';
import { ListRootsCommand } from '@aws-sdk/client-organizations';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import { accessKeyId, accountOfAccessKey } from '../core/ids.ts';
import type { WireRequest, WireResponse } from '../core/wire.ts';
import { accessKeys } from '../identity/principals.ts';
import { ADMIN, type Clients, type Cloud, type Credentials, seeded, testCloud } from '../testing/cloud.ts';
import { basicTime, CALLER_IDENTITY, form, signed } from '../testing/signed.ts';

const codeOf = ({ body }: WireResponse) => /<Code>(\w+)<\/Code>/.exec(String(body))?.[1] ?? 'none';
const messageOf = ({ body }: WireResponse) => /<Message>(.*)<\/Message>/s.exec(String(body))?.[1] ?? '';

/** Who the answer says the caller is. */
const arnOf = ({ body }: WireResponse) => /<Arn>(.*)<\/Arn>/.exec(String(body))?.[1];

async function cloudWithRoot(): Promise<{ cloud: Cloud; root: Credentials }> {
  const cloud = await testCloud();
  return { cloud, root: await cloud.keyFor(cloud.managementAccount) };
}

/**
 * How each client's own protocol names what is wrong. SQS's and CloudWatch's translate the name from the query
 * header.
 */
const CALLS: readonly [string, (clients: Clients) => Promise<unknown>, 'query' | 'json' | 'rest'][] = [
  ['iam', (c) => c.iam.send(new ListUsersCommand({})), 'query'],
  ['organizations', (c) => c.organizations.send(new ListRootsCommand({})), 'json'],
  ['sqs', (c) => c.sqs.send(new ListQueuesCommand({})), 'json'],
  ['monitoring', (c) => c.cloudwatch.send(new ListMetricsCommand({})), 'json'],
  ['account', (c) => c.account.send(new GetContactInformationCommand({})), 'rest'],
];

const STATUS = { query: 403, json: 400, rest: 403 } as const;
const JSON_NAMES: Readonly<Record<string, string>> = {
  InvalidClientTokenId: 'UnrecognizedClientException',
  SignatureDoesNotMatch: 'InvalidSignatureException',
  ExpiredToken: 'ExpiredTokenException',
  MissingAuthenticationToken: 'MissingAuthenticationTokenException',
};

for (const [service, call, protocol] of CALLS) {
  test(`a caller who is nobody is told so in the words that clients of ${service} parse`, async () => {
    const { cloud, root } = await cloudWithRoot();
    const alice = await cloud.user('alice', ADMIN);
    const { Credentials: session } = await alice.sts.getSessionToken({ DurationSeconds: 900 });
    const temporary = {
      accessKeyId: session!.AccessKeyId!,
      secretAccessKey: session!.SecretAccessKey!,
      sessionToken: session!.SessionToken!,
    };
    cloud.advance('PT16M');
    const rows: [string, Clients, RegExp][] = [
      [
        'InvalidClientTokenId',
        cloud.as({ ...root, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }),
        /^The security token included in the request is invalid\.$/,
      ],
      [
        'SignatureDoesNotMatch',
        cloud.as({ ...root, secretAccessKey: 'x' }),
        /^The request signature we calculated does not match/,
      ],
      ['ExpiredToken', cloud.as(temporary), /^The security token included in the request is expired$/],
      ['InvalidClientTokenId', cloud.as({ ...root, sessionToken: 'IQoJb3JpZ2luX2VjAAAA' }), /is invalid/],
      ['MissingAuthenticationToken', cloud.unsigned, /^Request is missing Authentication Token$/],
    ];
    for (const [code, clients, message] of rows) {
      const name = protocol === 'query' ? code : JSON_NAMES[code]!;
      await assert.rejects(call(clients), (error: Error & { $metadata: { httpStatusCode?: number } }) => {
        assert.ok([name, code].includes(error.name), `${error.name} instead of ${name}`);
        assert.match(error.message, message);
        assert.equal(error.$metadata.httpStatusCode, STATUS[protocol]);
        return true;
      });
    }
  });
}

test('an answer given before the service is known has the shape that the client parses', async () => {
  const { cloud, root } = await cloudWithRoot();
  const broken = { authorization: 'AWS4-HMAC-SHA256 Credential=x' };
  const query = await cloud.send({ ...CALLER_IDENTITY, headers: { ...CALLER_IDENTITY.headers, ...broken } });
  assert.deepEqual([query.status, codeOf(query)], [400, 'IncompleteSignature']);
  const json = await cloud.send({ headers: { ...broken, 'content-type': 'application/x-amz-json-1.1' } });
  assert.deepEqual([json.status, JSON.parse(String(json.body)).__type], [400, 'IncompleteSignatureException']);
  const nobody = await cloud.send({ path: '/', method: 'GET' });
  assert.equal(nobody.status, 403);
  assert.equal(nobody.headers['x-amzn-errortype'], 'MissingAuthenticationTokenException');
  const nowhere = await cloud.send(signed({ method: 'GET' }, { ...root, service: 'route53' }));
  assert.deepEqual([nowhere.status, JSON.parse(String(nowhere.body)).__type], [501, 'NotImplemented']);
});

test('Authorization headers that are not whole are refused, each with what is wrong', async () => {
  const { cloud, root } = await cloudWithRoot();
  const right = signed(CALLER_IDENTITY, root).headers;
  const header = right.authorization!;
  const rows: [string, RegExp][] = [
    ['', /Unsupported AWS 'algorithm'/],
    ['Basic dXNlcjpwYXNz', /Unsupported AWS 'algorithm': 'Basic'/],
    ['AWS4-HMAC-SHA256', /Unsupported AWS 'algorithm'/],
    [header.replace(/Credential=[^,]*, /, ''), /requires 'Credential' parameter/],
    [header.replace(/, Signature=.*/, ''), /requires 'Signature' parameter/],
    [header.replace(/SignedHeaders=[^,]*, /, ''), /requires 'SignedHeaders' parameter/],
    [header.replace('Credential=', 'Credential'), /malformed/],
    [`${header}, Signature=00`, /malformed/],
    [header.replace('/aws4_request', ''), /slash-delimited/],
    [header.replace('/us-east-1', ''), /slash-delimited/],
    [header.replace('/aws4_request', '/aws5_request'), /slash-delimited/],
    [header.replace('us-east-1', '../../etc'), /slash-delimited/],
    [header.replace(/Credential=[^/]*/, 'Credential='), /slash-delimited/],
  ];
  for (const [authorization, message] of rows) {
    const answer = await cloud.send({ ...CALLER_IDENTITY, headers: { ...right, authorization } });
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'IncompleteSignature'], authorization);
    assert.match(
      messageOf(answer).replaceAll('&apos;', "'").replaceAll('&#x27;', "'").replaceAll('&#39;', "'"),
      message,
    );
  }
  const { 'x-amz-date': _, ...undated } = right;
  assert.equal(codeOf(await cloud.send({ ...CALLER_IDENTITY, headers: undated })), 'IncompleteSignature');
});

test('what was signed cannot be changed on the way, nor anything added that would count', async () => {
  const { cloud, root } = await cloudWithRoot();
  const request = signed({ ...CALLER_IDENTITY, headers: { ...CALLER_IDENTITY.headers, 'x-amz-target': 'a.b' } }, root);
  assert.equal((await cloud.send(request)).status, 200);
  const headers = (more: Record<string, string | undefined>) => {
    const changed = Object.entries({ ...request.headers, ...more }).filter(([, value]) => value !== undefined);
    return { ...request, headers: Object.fromEntries(changed) as Record<string, string> };
  };
  const rows: Readonly<Record<string, WireRequest>> = {
    body: { ...request, body: Buffer.from('Action=GetSessionToken&Version=2011-06-15') },
    'longer body': { ...request, body: Buffer.concat([request.body, Buffer.from('&a=b')]) },
    path: { ...request, path: '/other' },
    query: { ...request, query: 'Name=x' },
    host: headers({ host: 'other.test' }),
    'content type': headers({ 'content-type': 'application/x-www-form-urlencoded' }),
    target: headers({ 'x-amz-target': 'a.c' }),
    'target taken away': headers({ 'x-amz-target': undefined }),
    date: headers({ 'x-amz-date': basicTime(new Date(Date.now() + 60_000)) }),
    'another x-amz header': headers({ 'x-amz-region-set': '*' }),
    'a declared hash': headers({ 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' }),
    'a token': headers({ 'x-amz-security-token': 'IQoJ' }),
    'longer signature': headers({ authorization: `${request.headers.authorization}00` }),
    'no signature': headers({ authorization: request.headers.authorization!.replace(/Signature=.*/, 'Signature=zz') }),
    'host unsigned': headers({ authorization: request.headers.authorization!.replace('host;', '') }),
    'another Region': headers({ authorization: request.headers.authorization!.replace('us-east-1', 'eu-west-1') }),
  };
  for (const [what, changed] of Object.entries(rows)) {
    const answer = await cloud.send(changed);
    const expected = what === 'a token' ? ['SignatureDoesNotMatch', 'InvalidClientTokenId'] : ['SignatureDoesNotMatch'];
    assert.ok(expected.includes(codeOf(answer)), `${what}: ${answer.body}`);
  }
});

test('headers that proxies change need not be signed, and may be', async () => {
  const { cloud, root } = await cloudWithRoot();
  const plain = signed(CALLER_IDENTITY, root);
  const added = { ...plain, headers: { ...plain.headers, 'x-forwarded-for': '10.0.0.1', 'x-amz-user-agent': 'proxy' } };
  assert.equal((await cloud.send(added)).status, 200);
  const folded = { ...CALLER_IDENTITY.headers, 'x-custom': 'a, b,c' };
  assert.equal((await cloud.send(signed({ ...CALLER_IDENTITY, headers: folded }, root))).status, 200);
});

test('a body may be left unsigned by saying so in a signed header, and its hash is checked when declared', async () => {
  const { cloud, root } = await cloudWithRoot();
  const withHash = (hash: string) =>
    signed({ ...CALLER_IDENTITY, headers: { ...CALLER_IDENTITY.headers, 'x-amz-content-sha256': hash } }, root);
  assert.equal((await cloud.send(withHash('UNSIGNED-PAYLOAD'))).status, 200);
  assert.equal(codeOf(await cloud.send(withHash('0'.repeat(64)))), 'SignatureDoesNotMatch');
  assert.equal(codeOf(await cloud.send(withHash('STREAMING-AWS4-HMAC-SHA256-PAYLOAD'))), 'SignatureDoesNotMatch');
});

test('a signature holds fifteen minutes around its date', async () => {
  const { cloud, root } = await cloudWithRoot();
  const at = (seconds: number) =>
    cloud.send(signed(CALLER_IDENTITY, { ...root, date: new Date(Date.now() + seconds * 1000) }));
  for (const seconds of [-890, -1, 0, 1, 890]) assert.equal((await at(seconds)).status, 200, `${seconds}`);
  for (const seconds of [-86_400 * 365, -86_400, -910, 910, 86_400]) {
    const answer = await at(seconds);
    assert.deepEqual([answer.status, codeOf(answer)], [400, 'RequestExpired'], `${seconds}`);
    assert.match(
      messageOf(answer),
      seconds < 0 ? /^Signature expired: \d{8}T\d{6}Z is now earlier than/ : /^Signature not yet current/,
    );
  }
});

test('the JSON services call an old date a wrong signature', async () => {
  const { cloud, root } = await cloudWithRoot();
  const headers = {
    'content-type': 'application/x-amz-json-1.1',
    'x-amz-target': 'AWSOrganizationsV20161128.ListRoots',
  };
  const date = new Date(Date.now() - 3_600_000);
  const answer = await cloud.send(
    signed({ headers, body: Buffer.from('{}') }, { ...root, service: 'organizations', date }),
  );
  const { __type, message } = JSON.parse(String(answer.body));
  assert.deepEqual([answer.status, __type], [400, 'InvalidSignatureException']);
  assert.match(message, /^Signature expired: /);
});

test('the date of the scope is the date of the request', async () => {
  const { cloud, root } = await cloudWithRoot();
  const request = signed(CALLER_IDENTITY, root);
  const authorization = request.headers.authorization!.replace(/\/\d{8}\//, '/20200101/');
  const answer = await cloud.send({ ...request, headers: { ...request.headers, authorization } });
  assert.equal(codeOf(answer), 'SignatureDoesNotMatch');
  assert.match(messageOf(answer), /^Date in Credential scope does not match YYYYMMDD from ISO-8601/);
  const garbled = { ...request.headers, 'x-amz-date': 'yesterday' };
  assert.equal(codeOf(await cloud.send({ ...request, headers: garbled })), 'IncompleteSignature');
});

test('a presigned URL works as long as it says, and is one whole', async () => {
  const { cloud, root } = await cloudWithRoot();
  const get = { method: 'GET', query: 'Action=GetCallerIdentity&Version=2011-06-15' };
  const url = (expires: number, ageSeconds: number) =>
    signed(get, { ...root, expires, date: new Date(Date.now() - ageSeconds * 1000) });
  assert.equal(arnOf(await cloud.send(url(60, 0))), 'arn:aws:iam::111122223333:root');
  assert.equal((await cloud.send(url(604_800, 500_000))).status, 200);
  assert.equal(codeOf(await cloud.send(url(60, 120))), 'RequestExpired');
  assert.equal(codeOf(await cloud.send(url(60, -1000))), 'RequestExpired');
  for (const expires of [0, -1, 604_801, 1e20, 1.5]) {
    assert.equal(codeOf(await cloud.send(url(expires, 0))), 'IncompleteSignature', `${expires}`);
  }
  const whole = url(60, 0);
  const tampered: [string, string][] = [
    [whole.query.replace('GetCallerIdentity', 'GetSessionToken'), 'SignatureDoesNotMatch'],
    [whole.query.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'), 'SignatureDoesNotMatch'],
    [`${whole.query}&X-Amz-Expires=600`, 'MalformedQueryString'],
    [`${whole.query}&Name=x`, 'SignatureDoesNotMatch'],
    [`${whole.query}&X-Amz-Signature=00`, 'IncompleteSignature'],
    [whole.query.replace(/&?X-Amz-Date=[^&]*/, ''), 'IncompleteSignature'],
    [whole.query.replace('AWS4-HMAC-SHA256', 'AWS4-HMAC-MD5'), 'IncompleteSignature'],
    [`${whole.query}&x=%zz`, 'MalformedQueryString'],
  ];
  for (const [query, code] of tampered) assert.equal(codeOf(await cloud.send({ ...whole, query })), code, query);
  const header = { ...whole, headers: { ...whole.headers, 'x-amz-target': 'x' } };
  assert.equal(codeOf(await cloud.send(header)), 'SignatureDoesNotMatch');
});

test('a presigned URL carries a session token', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const { Credentials: c } = await alice.sts.getSessionToken({});
  const session = {
    accessKeyId: c!.AccessKeyId!,
    secretAccessKey: c!.SecretAccessKey!,
    sessionToken: c!.SessionToken!,
  };
  const get = { method: 'GET', query: 'Action=GetCallerIdentity&Version=2011-06-15' };
  assert.equal(
    arnOf(await cloud.send(signed(get, { ...session, expires: 60 }))),
    'arn:aws:iam::111122223333:user/alice',
  );
  const bare = { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey };
  assert.equal(codeOf(await cloud.send(signed(get, { ...bare, expires: 60 }))), 'InvalidClientTokenId');
  const { sessionToken: _, ...other } = { ...session, ...(await cloud.keyFor(cloud.managementAccount)) };
  const mixed = { ...other, sessionToken: session.sessionToken };
  assert.equal(codeOf(await cloud.send(signed(CALLER_IDENTITY, mixed))), 'InvalidClientTokenId');
});

test('paths are signed normalised, as the service sees them encoded once more', async () => {
  const { cloud, root } = await cloudWithRoot();
  const request = signed(CALLER_IDENTITY, root);
  for (const path of ['//', '/./', '/a/..']) {
    assert.notEqual(codeOf(await cloud.send({ ...request, path })), 'SignatureDoesNotMatch', path);
  }
  assert.equal(codeOf(await cloud.send({ ...request, path: '/%2e' })), 'SignatureDoesNotMatch');
});

test('a signature for one service works for no other: the scope says which service is asked', async () => {
  const { cloud, root } = await cloudWithRoot();
  const users = form('Action=ListUsers&Version=2010-05-08');
  assert.equal((await cloud.send(signed(users, { ...root, service: 'iam' }))).status, 200);
  const elsewhere = await cloud.send(signed(users, { ...root, service: 'sts' }));
  assert.deepEqual([elsewhere.status, codeOf(elsewhere)], [400, 'InvalidAction']);
  assert.equal((await cloud.send(signed(CALLER_IDENTITY, { ...root, region: 'ap-south-2' }))).status, 200);
});

test('an access key that is inactive, of a closed account or of nobody is invalid', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const { AccessKey: key } = await alice.iam.createAccessKey({});
  const own = cloud.as({ accessKeyId: key!.AccessKeyId!, secretAccessKey: key!.SecretAccessKey! });
  await own.sts.getCallerIdentity({});
  await alice.iam.updateAccessKey({ AccessKeyId: key!.AccessKeyId!, Status: 'Inactive' });
  await assert.rejects(own.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  const orphan = await cloud.keyFor(cloud.managementAccount, 'nobody');
  await assert.rejects(cloud.as(orphan).sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
  const stray = await cloud.keyFor('999999999999');
  await assert.rejects(cloud.as(stray).sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
});

test('a session dies with the user or role behind it, also when another is made under the name', async () => {
  const cloud = await testCloud();
  const trust = { Statement: { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' } };
  const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', ...trust });
  const role = { RoleName: 'deployer', AssumeRolePolicyDocument };
  const alice = await cloud.user('alice', ADMIN);
  const { Role } = await cloud.root.iam.createRole(role);
  const assumed = await alice.sts.assumeRole({ RoleArn: Role!.Arn!, RoleSessionName: 'session' });
  await cloud.root.iam.createUser({ UserName: 'bob' });
  await cloud.root.iam.putUserPolicy({ UserName: 'bob', PolicyName: 'p', PolicyDocument: ADMIN });
  const bob = cloud.as(await cloud.keyFor(cloud.managementAccount, 'bob'));
  const token = await bob.sts.getSessionToken({});
  const sessions = [assumed, token].map(({ Credentials: c }) =>
    cloud.as({ accessKeyId: c!.AccessKeyId!, secretAccessKey: c!.SecretAccessKey!, sessionToken: c!.SessionToken! }),
  );
  for (const session of sessions) await session.sts.getCallerIdentity({});
  await cloud.root.iam.deleteRole({ RoleName: 'deployer' });
  const { AccessKeyMetadata } = await cloud.root.iam.listAccessKeys({ UserName: 'bob' });
  for (const { AccessKeyId } of AccessKeyMetadata ?? []) {
    await cloud.root.iam.deleteAccessKey({ UserName: 'bob', AccessKeyId: AccessKeyId! });
  }
  await cloud.root.iam.deleteUserPolicy({ UserName: 'bob', PolicyName: 'p' });
  await cloud.root.iam.deleteUser({ UserName: 'bob' });
  await cloud.root.iam.createRole(role);
  await cloud.root.iam.createUser({ UserName: 'bob' });
  for (const session of sessions) {
    await assert.rejects(session.sts.getCallerIdentity({}), { name: 'InvalidClientTokenId' });
    await assert.rejects(session.iam.listUsers({}), { name: 'InvalidClientTokenId' });
  }
});

test('a token that was changed in any place is not believed', async () => {
  const cloud = await testCloud();
  const alice = await cloud.user('alice', ADMIN);
  const { Credentials: c } = await alice.sts.getSessionToken({});
  const session = { accessKeyId: c!.AccessKeyId!, secretAccessKey: c!.SecretAccessKey! };
  const token = c!.SessionToken!;
  for (const at of [0, 5, 16, 17, 40, 100, token.length - 5]) {
    const other = token[at] === 'A' ? 'B' : 'A';
    const sessionToken = token.slice(0, at) + other + token.slice(at + 1);
    await assert.rejects(cloud.as({ ...session, sessionToken }).sts.getCallerIdentity({}), {
      name: 'InvalidClientTokenId',
    });
  }
  for (const sessionToken of ['x', token.slice(0, -4), `${token}AAAA`]) {
    await assert.rejects(cloud.as({ ...session, sessionToken }).sts.getCallerIdentity({}), {
      name: 'InvalidClientTokenId',
    });
  }
});

test("access key ids carry their account, as AWS's do", () => {
  assert.equal(accountOfAccessKey('ASIAY34FZKBOKMUTVV7A'), '609629065308');
  for (const id of ['AKIAIOSFODNN7EXAMPLE1', 'akiay34fzkbokmutvv7a', 'AKIA', '']) {
    assert.equal(accountOfAccessKey(id), undefined, id);
  }
  const random = seeded('ids');
  for (const account of ['000000000001', '111122223333', '609629065308', '999999999999']) {
    for (const kind of ['AKIA', 'ASIA'] as const) {
      const id = accessKeyId(kind, account, { random });
      assert.match(id, new RegExp(`^${kind}[A-Z2-7]{16}$`));
      assert.equal(accountOfAccessKey(id), account);
    }
  }
});

test('secrets of access keys lie sealed in the store', async () => {
  const { cloud, root } = await cloudWithRoot();
  const row = await cloud.deps.store.transaction((tx) => tx.get(accessKeys, [root.accessKeyId]));
  assert.ok(row);
  assert.equal(JSON.stringify(row).includes(root.secretAccessKey), false);
});
