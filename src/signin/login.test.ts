import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accounts } from '../identity/organization.ts';
import { browserOn } from '../testing/browser.ts';
import { ADMIN, type Cloud, testCloud } from '../testing/cloud.ts';
import { allowedCode, CALLBACK, CROSS, commandLine, SAME, signedInBrowser } from '../testing/login.ts';
import { linkIn, PASSWORD, portalOf, telephone, welcome } from '../testing/people.ts';

const DEVELOPMENT = {
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Action: ['signin:AuthorizeOAuth2Access', 'signin:CreateOAuth2Token'],
      Resource: 'arn:aws:signin:*:*:oauth2/public-client/*',
    },
    { Effect: 'Allow', Action: 's3:ListAllMyBuckets', Resource: '*' },
  ],
};

async function recordsIn(cloud: Cloud, name: string) {
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  return rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => eventName === name);
}

async function world(...documents: object[]) {
  const cloud = await testCloud();
  await cloud.user('anaya', ...(documents.length > 0 ? documents : [DEVELOPMENT]));
  return { cloud, browser: await signedInBrowser(cloud, 'anaya'), client: commandLine(cloud) };
}

const ARN = 'arn:aws:iam::111122223333:user/anaya';

test('aws login: an IAM user lets a command line on the same device act as them', async () => {
  const { cloud, browser, client } = await world();
  const page = await browser.go(client.address());
  assert.match(page.text, /The AWS command line on this device/);
  assert.match(page.text, /arn:aws:iam::111122223333:user\/anaya/);
  assert.match(page.headers['content-security-policy']!, /form-action 'self' http:\/\/127\.0\.0\.1:53037/);
  const sent = new URL((await browser.submit('/v1/authorize', { decision: 'ALLOWED' })).location!);
  assert.equal(sent.origin + sent.pathname, CALLBACK);
  assert.equal(sent.searchParams.get('state'), client.state);
  const answer = await client.exchange(sent.searchParams.get('code')!);
  assert.deepEqual([answer.status, answer.tokenType, answer.expiresIn], [200, 'aws_sigv4', 900]);
  const claims = JSON.parse(Buffer.from(answer.idToken!.split('.')[1]!, 'base64url').toString());
  assert.deepEqual([claims.sub, claims.aud], [ARN, SAME]);
  const clients = cloud.as(answer.accessToken);
  assert.equal((await clients.sts.getCallerIdentity({})).Arn, ARN);
  await clients.s3.listBuckets({});
  await assert.rejects(clients.iam.listUsers({}), { name: 'AccessDenied' });
  cloud.advance('PT15M');
  await assert.rejects(clients.sts.getCallerIdentity({}), { name: 'ExpiredToken' });
});

test('credentials are renewed for twelve hours, or while the console session lasts', async () => {
  const { cloud, browser, client } = await world();
  cloud.advance('PT1H');
  let { refreshToken, accessToken } = await client.exchange(await allowedCode(browser, client));
  for (const minutes of [10, 300, 345]) {
    cloud.advance(`PT${minutes}M`);
    const answer = await client.refresh(refreshToken);
    assert.equal(answer.status, 200, String(answer.message));
    assert.equal(answer.idToken, undefined);
    assert.notEqual(answer.accessToken.accessKeyId, accessToken.accessKeyId);
    assert.equal((await cloud.as(answer.accessToken).sts.getCallerIdentity({})).Arn, ARN);
    assert.equal(answer.expiresIn, minutes === 345 ? 300 : 900);
    ({ refreshToken, accessToken } = answer);
  }
  cloud.advance('PT5M');
  const late = await client.refresh(refreshToken);
  assert.deepEqual([late.status, late.error], [401, 'TOKEN_EXPIRED']);
  assert.equal(late.headers['x-amzn-errortype'], 'AccessDeniedException');
});

test('the code for another device is shown, and works from there', async () => {
  const { cloud, browser } = await world();
  const client = commandLine(cloud, { client: CROSS });
  await browser.go(client.address());
  const page = await browser.submit('/v1/authorize', { decision: 'ALLOWED' });
  const shown = /<pre id="code">([^<]+)</.exec(page.text)![1]!;
  const typed = new URLSearchParams(Buffer.from(shown, 'base64').toString());
  assert.equal(typed.get('state'), client.state);
  cloud.advance('PT9M');
  const answer = await client.exchange(typed.get('code')!);
  assert.equal((await cloud.as(answer.accessToken).sts.getCallerIdentity({})).Arn, ARN);
});

test('who is not signed in signs in first, and is led back', async () => {
  const { cloud, client } = await world();
  const browser = browserOn(cloud.send);
  assert.match((await browser.go(client.address())).text, /Sign in as an IAM user/);
  const page = await browser.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password: PASSWORD });
  assert.match(page.text, /Allow a command line to act as you\?/);
  assert.match((await browser.go('/signin/home')).text, /You are signed in/, 'once');
  await browser.go(client.address());
  assert.match((await browser.submit('/v1/authorize', { decision: 'OTHER' })).text, /Sign in as an IAM user/);
});

test('a denial is told to the client on this device, and shown for another one', async () => {
  const { cloud, browser, client } = await world();
  await browser.go(client.address());
  const sent = new URL((await browser.submit('/v1/authorize', { decision: 'DENIED' })).location!);
  assert.deepEqual(
    [sent.searchParams.get('error'), sent.searchParams.get('state'), sent.searchParams.get('code')],
    ['access_denied', client.state, null],
  );
  await browser.go(commandLine(cloud, { client: CROSS }).address());
  assert.equal((await browser.submit('/v1/authorize', { decision: 'DENIED' })).status, 403);
});

test('the second factor of the console session is in the credentials; so are session and time', async () => {
  const onlyMfa = {
    Version: '2012-10-17',
    Statement: [
      DEVELOPMENT.Statement[0],
      {
        Effect: 'Allow',
        Action: 'iam:ListUsers',
        Resource: '*',
        Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
      },
      {
        ...{ Effect: 'Allow', Action: 'iam:ListRoles', Resource: '*' },
        Condition: { ArnLike: { 'aws:SignInSessionArn': 'arn:aws:signin:us-east-1:111122223333:session/*' } },
      },
      {
        ...{ Effect: 'Allow', Action: 'iam:ListGroups', Resource: '*' },
        Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '600' } },
      },
    ],
  };
  const { cloud, browser, client } = await world(onlyMfa);
  const without = cloud.as((await client.exchange(await allowedCode(browser, client))).accessToken);
  await without.iam.listRoles({});
  await assert.rejects(without.iam.listUsers({}), { name: 'AccessDenied' });
  const { VirtualMFADevice } = await cloud.root.iam.createVirtualMFADevice({ VirtualMFADeviceName: 'phone' });
  const code = telephone(cloud, Buffer.from(VirtualMFADevice!.Base32StringSeed!).toString());
  const two = { AuthenticationCode1: code(), AuthenticationCode2: code() };
  await cloud.root.iam.enableMFADevice({ UserName: 'anaya', SerialNumber: VirtualMFADevice!.SerialNumber!, ...two });
  const again = browserOn(cloud.send);
  await again.go('/signin');
  await again.submit('/signin', { account: cloud.managementAccount, name: 'anaya', password: PASSWORD });
  await again.submit('/signin/code', { code: code() });
  const fresh = commandLine(cloud);
  const first = await fresh.exchange(await allowedCode(again, fresh));
  await cloud.as(first.accessToken).iam.listUsers({});
  await cloud.as(first.accessToken).iam.listGroups({});
  cloud.advance('PT11M');
  const later = cloud.as((await fresh.refresh(first.refreshToken)).accessToken);
  await later.iam.listUsers({});
  await assert.rejects(later.iam.listGroups({}), { name: 'AccessDenied' }, 'the factor is as old as the sign-in');
});

test('a role session that came in by the federation endpoint gets credentials of that very session', async () => {
  const cloud = await testCloud();
  const { iam } = cloud.root;
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
  };
  await iam.createRole({ RoleName: 'dev', AssumeRolePolicyDocument: JSON.stringify(trust) });
  await iam.putRolePolicy({ RoleName: 'dev', PolicyName: 'p', PolicyDocument: ADMIN });
  const eve = await cloud.user('eve', ADMIN);
  const { Credentials } = await eve.sts.assumeRole({
    ...{ RoleArn: 'arn:aws:iam::111122223333:role/dev', RoleSessionName: 'eve', DurationSeconds: 3600 },
    Tags: [{ Key: 'team', Value: 'blue' }],
    Policy: JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: ['signin:*', 'iam:ListUsers'],
          Resource: '*',
          Condition: { StringEquals: { 'aws:PrincipalTag/team': 'blue' } },
        },
      ],
    }),
  });
  const { AccessKeyId: sessionId, SecretAccessKey: sessionKey, SessionToken: sessionToken } = Credentials!;
  const Session = JSON.stringify({ sessionId, sessionKey, sessionToken });
  const query = new URLSearchParams({ Action: 'getSigninToken', Session }).toString();
  const given = await cloud.send({ method: 'GET', path: '/federation', query, headers: { host: 'cloud.test' } });
  const { SigninToken } = JSON.parse(String(given.body)) as { SigninToken: string };
  const browser = browserOn(cloud.send);
  const client = commandLine(cloud);
  await browser.go(client.address());
  const Destination = 'https://console.aws.amazon.com/';
  const page = await browser.go(`/federation?${new URLSearchParams({ Action: 'login', Destination, SigninToken })}`);
  assert.match(page.text, /assumed-role\/dev\/eve/, 'led back to the question');
  cloud.advance('PT50M');
  const answer = await client.exchange(await allowedCode(browser, client));
  assert.equal(answer.expiresIn, 600, 'not longer than the role session');
  const clients = cloud.as(answer.accessToken);
  assert.equal((await clients.sts.getCallerIdentity({})).Arn, 'arn:aws:sts::111122223333:assumed-role/dev/eve');
  await clients.iam.listUsers({});
  await assert.rejects(clients.iam.listRoles({}), { name: 'AccessDenied' }, 'the session policy holds');
});

test('somebody of IAM Identity Center goes from the portal to the console with a role, and lets a command line in', async () => {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const id = await portal.person('alice');
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id }, cloud.managementAccount);
  const { browser } = await welcome(cloud, 'alice');
  const page = await browser.submit('/start/console', { account: cloud.managementAccount, role: 'AdminRole' });
  assert.match(page.text, /assumed-role\/AWSReservedSSO_AdminRole_[0-9a-f]{16}\/alice/);
  const client = commandLine(cloud);
  const { accessToken } = await client.exchange(await allowedCode(browser, client));
  const clients = cloud.as(accessToken);
  assert.match((await clients.sts.getCallerIdentity({})).Arn!, /AWSReservedSSO_AdminRole_[0-9a-f]{16}\/alice$/);
  await clients.iam.listUsers({});
  const [login] = await recordsIn(cloud, 'ConsoleLogin');
  assert.equal(login.userIdentity.type, 'AssumedRole');
});

test('the root user needs no policy', async () => {
  const cloud = await testCloud();
  const browser = browserOn(cloud.send);
  await browser.go('/signin/root/forgot');
  const { email } = (await cloud.deps.store.transaction((tx) => tx.get(accounts, [cloud.managementAccount])))!;
  await browser.submit('/signin/root/forgot', { email });
  await browser.go(await linkIn(cloud));
  await browser.submit('/signin/root/password', { new: PASSWORD, again: PASSWORD });
  await browser.go('/signin/root');
  await browser.submit('/signin/root', { email, password: PASSWORD });
  const client = commandLine(cloud);
  const { accessToken } = await client.exchange(await allowedCode(browser, client));
  assert.equal((await cloud.as(accessToken).sts.getCallerIdentity({})).Arn, 'arn:aws:iam::111122223333:root');
});

test('both steps are recorded where somebody signs in, as CloudTrail has them', async () => {
  const { cloud, browser } = await world();
  const client = commandLine(cloud, { host: 'cloud.test' });
  const { refreshToken } = await client.exchange(await allowedCode(browser, client));
  await client.refresh(refreshToken);
  const [authorized] = await recordsIn(cloud, 'AuthorizeOAuth2Access');
  assert.deepEqual(authorized.requestParameters, {
    ...{ scope: 'openid', redirect_uri: CALLBACK, code_challenge_method: 'SHA-256', client_id: SAME },
  });
  assert.deepEqual(authorized.additionalEventData, { success: 'true', 'x-amzn-vpce-id': '' });
  assert.deepEqual(
    [authorized.eventSource, authorized.awsRegion, authorized.readOnly, authorized.eventType],
    ['signin.amazonaws.com', 'us-east-1', true, 'AwsApiCall'],
  );
  assert.deepEqual([authorized.userIdentity.type, authorized.userIdentity.arn], ['IAMUser', ARN]);
  assert.equal(authorized.userIdentity.accessKeyId, undefined);
  const created = await recordsIn(cloud, 'CreateOAuth2Token');
  assert.deepEqual(
    created.map(({ additionalEventData }) => additionalEventData.grant_type),
    ['authorization_code', 'refresh_token'],
  );
  const { signInSessionArn } = created[0].additionalEventData;
  assert.match(signInSessionArn, /^arn:aws:signin:us-east-1:111122223333:session\/[0-9a-f-]{36}$/);
  assert.equal(
    created[1].userIdentity.sessionContext.signInSessionArn,
    signInSessionArn,
    'the same for the whole login',
  );
  const whole = JSON.stringify(await cloud.deps.store.journal.read(0, 10_000));
  assert.doesNotMatch(whole, new RegExp(`${refreshToken}|${client.verifier}`));
});
