/** Why a request was decided as it was: kept, decoded, and told to those who may know. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { why } from '../../cli/why.ts';
import { ADMIN, type Cloud, type Credentials, testCloud } from '../../testing/cloud.ts';
import { form, signed } from '../../testing/signed.ts';
import { listening } from '../../testing/socket.ts';

const ACCOUNT = '111122223333';
const POLICY = {
  Version: '2012-10-17',
  Statement: [
    { Sid: 'Reads', Effect: 'Allow', Action: ['iam:Get*', 'iam:List*'], Resource: '*' },
    {
      Sid: 'NotHer',
      Effect: 'Deny',
      Action: 'iam:GetUser',
      Resource: '*',
      Condition: { StringEquals: { 'aws:username': 'eve' } },
    },
  ],
};

/** Runs `gatehouse why` as it would run in a shell, with these credentials. */
async function whyOf(port: number, asked: string, by: Credentials, ...more: string[]) {
  const env = {
    AWS_ACCESS_KEY_ID: by.accessKeyId,
    AWS_SECRET_ACCESS_KEY: by.secretAccessKey,
    GATEHOUSE_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-north-1',
  };
  const before = Object.fromEntries(Object.keys(env).map((name) => [name, process.env[name]]));
  Object.assign(process.env, env);
  const said: string[] = [];
  const { error } = console;
  console.error = (line: string) => said.push(line);
  try {
    const code = await why([asked, ...more], (line) => said.push(line));
    return { code, text: said.join('\n') };
  } finally {
    console.error = error;
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

async function eve(cloud: Cloud) {
  const clients = await cloud.user('eve', POLICY);
  return { clients, key: await cloud.keyFor(ACCOUNT, 'eve') };
}

const getUser = (cloud: Cloud, key: Credentials, region: string) =>
  cloud.send(signed(form('Action=GetUser&Version=2010-05-08&UserName=eve'), { ...key, service: 'iam', region }));

const requestIdOf = (body: unknown) => /<RequestId>(.*)<\/RequestId>/.exec(String(body))![1]!;

test('gatehouse why tells a denial statement by statement, from memory and from the journal', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const { key } = await eve(cloud);
  const root = await cloud.keyFor(ACCOUNT);
  const answer = await getUser(cloud, key, 'us-west-2');
  assert.equal(answer.status, 403);
  const id = requestIdOf(answer.body);
  const expected = [
    /^Request /,
    /ExplicitlyDenied: with an explicit deny in an identity-based policy/,
    /principal {2}User arn:aws:iam::111122223333:user\/eve/,
    /action {5}iam:GetUser/,
    /resource {3}arn:aws:iam::111122223333:user\/eve/,
    /\+ 1 Reads Allow applies/,
    /\+ 2 NotHer Deny applies/,
    /^Why$/m,
  ];
  const told = await whyOf(port, id, root);
  assert.equal(told.code, 0, told.text);
  for (const line of expected) assert.match(told.text, line);
  const decisions = cloud.deps.decisions as { latest: unknown };
  decisions.latest = () => []; // As after a restart.
  const again = await whyOf(port, id, root);
  assert.equal(again.text, told.text);
});

test('gatehouse why opens an encoded authorization message', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const { key } = await eve(cloud);
  const answer = await getUser(cloud, key, 'us-east-1');
  const message = answer.headers['x-gatehouse-authorization-message']!;
  assert.match(message, /^[\w-]{100,10240}$/);
  const told = await whyOf(port, message, await cloud.keyFor(ACCOUNT));
  assert.equal(told.code, 0, told.text);
  assert.match(told.text, new RegExp(requestIdOf(answer.body)));
  assert.match(told.text, /NotHer Deny applies/);
});

test('gatehouse why tells an allowed request too, each of its decisions', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const alice = await cloud.user('alice', ADMIN);
  const { $metadata } = await alice.iam.createUser({ UserName: 'bob', Tags: [{ Key: 'a', Value: 'b' }] });
  const { code, text } = await whyOf(port, $metadata.requestId!, await cloud.keyFor(ACCOUNT), '--json');
  assert.equal(code, 0, text);
  const { decisions } = JSON.parse(text);
  assert.ok(decisions.length >= 1);
  assert.deepEqual([decisions[0].action, decisions[0].verdict], ['iam:CreateUser', 'Allowed']);
  assert.equal(decisions[0].conditions['aws:RequestTag/a'], 'b');
});

test('who may not decode, and whose request it was not, learns nothing', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  const { key } = await eve(cloud);
  const answer = await getUser(cloud, key, 'us-east-1');
  const id = requestIdOf(answer.body);
  const own = await whyOf(port, id, key);
  assert.equal(own.code, 1);
  assert.match(own.text, /not authorized to perform: sts:DecodeAuthorizationMessage/);
  const stranger = await cloud.memberAccount('stranger');
  const refused = await whyOf(port, id, await cloud.keyFor(stranger.id));
  assert.equal(refused.code, 1);
  assert.match(refused.text, /No decision on request .* is kept that you may read/);
  const wrong = await whyOf(port, id, { ...key, secretAccessKey: 'x' });
  assert.match(wrong.text, /request signature we calculated does not match/);
  const garbled = await whyOf(port, 'no-such-message', await cloud.keyFor(ACCOUNT));
  assert.equal(garbled.code, 1);
});

test('the management account sees into its members, they not into it', async (t) => {
  const cloud = await testCloud();
  const port = await listening(t, cloud);
  await cloud.root.organizations.createOrganization({ FeatureSet: 'ALL' });
  await cloud.root.organizations.createAccount({ AccountName: 'dev', Email: 'dev@example.com' });
  cloud.advance('PT1H');
  const { Accounts } = await cloud.root.organizations.listAccounts({});
  const member = await cloud.keyFor(Accounts!.find(({ Id }) => Id !== ACCOUNT)!.Id!);
  const denied = await cloud.send(signed(form('Action=GetSessionToken&Version=2011-06-15'), member));
  const created = await cloud.send(
    signed(form('Action=CreateUser&Version=2010-05-08&UserName=u'), { ...member, service: 'iam' }),
  );
  const id = requestIdOf(created.status === 200 ? created.body : denied.body);
  const management = await cloud.keyFor(ACCOUNT);
  assert.equal((await whyOf(port, id, management)).code, 0);
  assert.equal((await whyOf(port, id, member)).code, 0);
  const { $metadata } = await cloud.as(management).iam.createUser({ UserName: 'm' });
  assert.equal((await whyOf(port, $metadata.requestId!, member)).code, 1);
});

test('DecodeAuthorizationMessage tells all of a denial, in the members that AWS documents', async () => {
  const cloud = await testCloud();
  const { key, clients } = await eve(cloud);
  const answer = await getUser(cloud, key, 'us-east-1');
  const EncodedMessage = answer.headers['x-gatehouse-authorization-message']!;
  await assert.rejects(clients.sts.decodeAuthorizationMessage({ EncodedMessage }), { name: 'AccessDenied' });
  const { DecodedMessage } = await cloud.root.sts.decodeAuthorizationMessage({ EncodedMessage });
  const message = JSON.parse(DecodedMessage!);
  const { conditions, ...context } = message.context;
  const { User } = await cloud.root.iam.getUser({ UserName: 'eve' });
  assert.deepEqual(
    { ...message, context },
    {
      allowed: false,
      explicitDeny: true,
      matchedStatements: {
        items: [
          {
            statementId: 'NotHer',
            effect: 'DENY',
            principals: { items: [{ value: User!.Arn }] },
            principalGroups: { items: [] },
            actions: { items: [{ value: 'iam:GetUser' }] },
            resources: { items: [{ value: '*' }] },
            conditions: { items: [{ key: 'aws:username', values: { items: [{ value: 'eve' }] } }] },
            sourcePolicyId: 'policy-1',
            sourcePolicyType: 'IAM Policy',
          },
        ],
      },
      failures: { items: [] },
      context: {
        principal: { id: User!.UserId, name: 'eve', arn: User!.Arn },
        action: 'iam:GetUser',
        resource: User!.Arn,
      },
      requestId: requestIdOf(answer.body),
    },
  );
  const keys = new Map(
    conditions.items.map((item: { key: string; values: { items: { value: string }[] } }) => [
      item.key,
      item.values.items[0]!.value,
    ]),
  );
  assert.equal(keys.get('aws:PrincipalAccount'), ACCOUNT);
  assert.equal(keys.get('aws:SourceIp'), '127.0.0.1');
});
