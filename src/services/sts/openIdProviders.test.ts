import assert from 'node:assert/strict';
import dns from 'node:dns';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { decodeJwt } from 'jose';
import { certificate } from '../../testing/certificates.ts';
import { testCloud } from '../../testing/cloud.ts';
import { openIdProvider, type ProviderOptions, thumbprintOf } from '../../testing/openIdProvider.ts';
import { rejected } from '../../testing/rejected.ts';
import { credentialsOf, records, trusting } from './sts.fixture.ts';

const ARN = 'arn:aws:iam::111122223333:role/Web';
const AWS = 'https://aws.amazon.com/';

interface Registered {
  readonly ClientIDList?: string[];
  readonly ThumbprintList?: string[];
  readonly condition?: (url: string) => object;
}

/** A provider that IAM knows, and a role that trusts it. */
async function world(t: TestContext, options: ProviderOptions, registered: Registered = {}) {
  const idp = await openIdProvider(t, options);
  const cloud = await testCloud({ now: new Date() });
  const { ClientIDList = ['sts.amazonaws.com'], ThumbprintList, condition } = registered;
  const { OpenIDConnectProviderArn } = await cloud.root.iam.createOpenIDConnectProvider({
    ...{ Url: idp.issuer, ClientIDList, ThumbprintList },
  });
  const actions = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession', 'sts:SetSourceIdentity'];
  const trust = trusting({ Federated: OpenIDConnectProviderArn }, actions, condition?.(idp.url));
  await cloud.root.iam.createRole({ RoleName: 'Web', AssumeRolePolicyDocument: JSON.stringify(trust) });
  const assume = (WebIdentityToken: string) =>
    cloud.unsigned.sts.assumeRoleWithWebIdentity({ RoleArn: ARN, RoleSessionName: 'web', WebIdentityToken });
  return { idp, cloud, assume, provider: OpenIDConnectProviderArn! };
}

test('oidc-provider: somebody who signs in with a browser takes on a role, with tags and source identity', async (t) => {
  const person = {
    [`${AWS}tags`]: { principal_tags: { team: ['blue'] }, transitive_tag_keys: ['team'] },
    [`${AWS}source_identity`]: 'ada',
  };
  const { idp, cloud, assume, provider } = await world(
    t,
    { person },
    { condition: (url) => ({ StringEquals: { [`${url}:sub`]: 'ada', [`${url}:aud`]: 'sts.amazonaws.com' } }) },
  );
  const answer = await assume(await idp.personToken('ada'));
  assert.deepEqual(
    [answer.SubjectFromWebIdentityToken, answer.Audience, answer.Provider, answer.SourceIdentity],
    ['ada', 'sts.amazonaws.com', provider, 'ada'],
  );
  const { Arn } = await cloud.as(credentialsOf(answer)).sts.getCallerIdentity({});
  assert.equal(Arn, 'arn:aws:sts::111122223333:assumed-role/Web/web');
  const [record] = await records(cloud, 'AssumeRoleWithWebIdentity');
  assert.deepEqual(record!.requestParameters.principalTags, { team: 'blue' });
  await rejected(
    assume(await idp.personToken('eve')),
    'AccessDenied',
    'Not authorized to perform sts:AssumeRoleWithWebIdentity',
  );
});

test('oidc-provider: a list of audiences is enough if one is registered, and not if none is', async (t) => {
  const claims = { sub: 'program', aud: ['https://other.example.com', 'sts.amazonaws.com'] };
  const { idp, cloud, assume, provider } = await world(t, { claims }, { ClientIDList: ['app-1', 'sts.amazonaws.com'] });
  const token = await idp.programToken();
  assert.deepEqual(decodeJwt(token).aud, claims.aud);
  const { Audience } = await assume(token);
  assert.equal(Audience, 'sts.amazonaws.com');
  await cloud.root.iam.removeClientIDFromOpenIDConnectProvider({
    ...{ OpenIDConnectProviderArn: provider, ClientID: 'sts.amazonaws.com' },
  });
  await rejected(assume(token), 'InvalidIdentityToken', 'Incorrect token audience');
});

test('oidc-provider: when it changes its keys, the new ones are fetched and the old ones are over', async (t) => {
  const { idp, assume, cloud } = await world(t, { claims: { sub: 'program' } });
  const before = await idp.programToken();
  await assume(before);
  const asked = idp.asked.filter((path) => path === '/jwks').length;
  await idp.rotate();
  cloud.advance('PT11S');
  await assume(await idp.programToken());
  assert.equal(idp.asked.filter((path) => path === '/jwks').length, asked + 1);
  await rejected(assume(before), 'InvalidIdentityToken', /^Couldn't retrieve verification key/);
});

test('oidc-provider under TLS is believed by the thumbprint that IAM has, and by no other', async (t) => {
  const shown = certificate({ name: 'localhost', hosts: ['localhost'] });
  const { idp, cloud, assume, provider } = await world(
    t,
    { tls: { certificate: shown, host: 'localhost' }, claims: { sub: 'program' } },
    { ThumbprintList: [thumbprintOf(certificate({ name: 'other' }))] },
  );
  const token = await idp.programToken();
  const mismatch = "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint";
  await rejected(assume(token), 'InvalidIdentityToken', mismatch);
  await cloud.root.iam.updateOpenIDConnectProviderThumbprint({
    ...{ OpenIDConnectProviderArn: provider, ThumbprintList: [thumbprintOf(shown)] },
  });
  await assume(token);
  const [record] = await records(cloud, 'AssumeRoleWithWebIdentity');
  assert.equal(record!.additionalEventData.identityProviderConnectionVerificationMethod, 'Thumbprint');
});

const HOST = 'token.actions.githubusercontent.com';

/** Whether the port of HTTPS can be listened at here. */
const free = () =>
  new Promise<boolean>((resolve) => {
    const probe = createServer().once('error', () => resolve(false));
    probe.listen(443, '127.0.0.1', () => probe.close(() => resolve(true)));
  });

test('tokens like those of GitHub Actions: repository, branch and reusable workflow decide', async (t) => {
  if (!(await free())) return t.skip('port 443 is not to be had here');
  const lookup = dns.lookup;
  const here = (name: string, ...rest: unknown[]) =>
    (lookup as unknown as (...all: unknown[]) => void)(name === HOST ? '127.0.0.1' : name, ...rest);
  t.mock.method(dns, 'lookup', here as never);
  const shown = certificate({ name: HOST, hosts: [HOST] });
  const job = {
    sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    repository: 'octo-org/octo-repo',
    ref: 'refs/heads/main',
    job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/main',
  };
  const claims: Record<string, unknown> = { ...job };
  const condition = {
    StringEquals: { [`${HOST}:aud`]: 'sts.amazonaws.com', [`${HOST}:job_workflow_ref`]: job.job_workflow_ref },
    StringLike: { [`${HOST}:sub`]: 'repo:octo-org/octo-repo:*' },
  };
  const { idp, assume } = await world(
    t,
    { tls: { certificate: shown, host: HOST, port: 443 }, claims },
    { ThumbprintList: [thumbprintOf(shown)], condition: () => condition },
  );
  const answer = await assume(await idp.programToken());
  assert.equal(answer.SubjectFromWebIdentityToken, job.sub);
  assert.equal(answer.Provider, `arn:aws:iam::111122223333:oidc-provider/${HOST}`);
  const refused = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
  for (const changed of [
    { sub: 'repo:octo-org/other:ref:refs/heads/main' },
    { sub: 'repo:octo-org/octo-repo-evil:ref:refs/heads/main' },
    { job_workflow_ref: 'octo-org/octo-automation/.github/workflows/oidc.yml@refs/heads/evil' },
    { job_workflow_ref: undefined },
  ]) {
    Object.assign(claims, job, changed);
    await rejected(assume(await idp.programToken()), 'AccessDenied', refused);
  }
});
