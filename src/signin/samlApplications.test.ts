import assert from 'node:assert/strict';
import { createPublicKey, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { SAML, type SamlConfig, ValidateInResponseTo } from '@node-saml/node-saml';
import { browserOn } from '../testing/browser.ts';
import { certificate } from '../testing/certificates.ts';
import { testCloud } from '../testing/cloud.ts';
import { operated } from '../testing/operator.ts';
import { portalOf, welcome } from '../testing/people.ts';
import { signed } from '../testing/samlIssuer.ts';

const ACS = 'https://wiki.example.com/saml/acs';
const AUDIENCE = 'https://wiki.example.com/saml';
const EMAIL = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
const NO_ACCESS = /<h1>No access</;
const BAD = /<h1>Bad request</;

async function world(more: object = {}) {
  // The library has a clock of its own.
  const cloud = await testCloud({ now: new Date() });
  const portal = await portalOf(cloud);
  const ada = await portal.person('ada');
  const { ssoAdmin, identitystore } = cloud.root;
  const { IdentityStoreId } = portal;
  const { GroupId } = await identitystore.createGroup({ IdentityStoreId, DisplayName: 'Writers' });
  const said = { name: 'Wiki', acsUrl: ACS, audience: AUDIENCE, ...more };
  const { status, body } = await operated(cloud, 'POST', 'saml-applications', said);
  assert.equal(status, 200, JSON.stringify(body));
  const assign = (PrincipalType: 'USER' | 'GROUP', PrincipalId: string) =>
    ssoAdmin.createApplicationAssignment({ ApplicationArn: body.arn, PrincipalType, PrincipalId });
  const path = new URL(body.gatehouse.signInUrl).pathname;
  return { ...portal, ada, group: GroupId!, application: body, assign, path };
}

/** The library that many applications use. */
const serviceProvider = (
  application: { signers: { certificate: string }[]; gatehouse: Record<string, string> },
  more: Partial<SamlConfig> = {},
) =>
  new SAML({
    ...{ callbackUrl: ACS, issuer: AUDIENCE, audience: AUDIENCE, entryPoint: application.gatehouse.signInUrl! },
    ...{ idpCert: application.signers.map((each) => each.certificate), idpIssuer: application.gatehouse.entityId! },
    ...{ wantAssertionsSigned: true, wantAuthnResponseSigned: true, acceptedClockSkewMs: 60_000 },
    ...{ validateInResponseTo: ValidateInResponseTo.ifPresent, ...more },
  });

type Service = ReturnType<typeof serviceProvider>;

const addressOf = async (service: Service, relayState = '') => {
  const { pathname, search } = new URL(await service.getAuthorizeUrlAsync(relayState, undefined, {}));
  return pathname + search;
};

const plain = (text: string) => text.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));

/** The form that the page would post. */
function formIn(text: string): Record<string, string> {
  const member = (name: string) => new RegExp(`name="${name}" value="([^"]*)"`).exec(text)?.[1];
  const relayState = member('RelayState');
  return {
    action: /<form method="post" action="([^"]+)">/.exec(text)?.[1] ?? '',
    SAMLResponse: member('SAMLResponse') ?? '',
    ...(relayState !== undefined && { RelayState: plain(relayState) }),
  };
}

test('an application sends somebody here, and gets an assertion that it believes', async () => {
  const attributes = [
    { name: 'mail', source: '$' + '{user:email}', format: 'basic' },
    { name: 'groups', source: '$' + '{user:groups}' },
    { name: 'site', source: 'A & "B" <c>' },
    { name: 'none', source: '$' + '{path:title}' },
  ];
  const subject = { source: '$' + '{user:email}', format: 'emailAddress' };
  const { cloud, application, assign, ada, group, IdentityStoreId } = await world({
    attributes,
    subject,
    sessionDuration: 'PT2H',
  });
  await cloud.root.identitystore.createGroupMembership({ IdentityStoreId, GroupId: group, MemberId: { UserId: ada } });
  await assign('GROUP', group);
  const service = serviceProvider(application);
  const { page } = await welcome(cloud, 'ada', await addressOf(service, 'deep/link?a=1&b="2"'));
  const form = formIn(page.text);
  assert.equal(form.action, ACS);
  assert.equal(form.RelayState, 'deep/link?a=1&b="2"');
  assert.match(page.headers['content-security-policy']!, /form-action 'self' https:\/\/wiki\.example\.com https:;/);
  const { profile } = await service.validatePostResponseAsync(form);
  assert.deepEqual([profile!.nameID, profile!.nameIDFormat], ['ada@example.com', EMAIL]);
  assert.deepEqual(
    [profile!.mail, profile!.groups, profile!.site, profile!.none],
    ['ada@example.com', group, 'A & "B" <c>', undefined],
  );
  assert.equal(profile!.issuer, application.gatehouse.entityId);
  const xml = profile!.getAssertionXml!();
  const end = Date.parse(/SessionNotOnOrAfter="([^"]+)"/.exec(xml)![1]!);
  assert.equal(end, cloud.now().getTime() + 7_200_000);
  assert.match(xml, /NameFormat="urn:oasis:names:tc:SAML:2\.0:attrname-format:basic"/);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'Federate' }];
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
  assert.deepEqual(JSON.parse(Events[0]!.CloudTrailEvent!).serviceEventDetails, { application_id: application.id });
});

test('somebody chooses an application in the portal', async () => {
  const { cloud, application, assign, ada, path } = await world({ relayState: 'home' });
  await assign('USER', ada);
  const { browser, page } = await welcome(cloud, 'ada');
  assert.match(page.text, new RegExp(`<h2>Applications \\(1\\)</h2><ul><li><a href="${path}">Wiki</a>`));
  const form = formIn((await browser.go(path)).text);
  assert.equal(form.RelayState, 'home');
  const { profile } = await serviceProvider(application).validatePostResponseAsync(form);
  assert.equal(profile!.nameID, 'ada');
  const startUrl = 'https://wiki.example.com/login';
  await operated(cloud, 'POST', `saml-applications/${application.id}`, { startUrl });
  assert.equal((await browser.go(path)).location, startUrl);
});

test('whoever is not assigned gets no assertion', async () => {
  const { cloud, application, assign, ada, path } = await world();
  const { browser, page } = await welcome(cloud, 'ada', path);
  assert.match(page.text, NO_ACCESS);
  const service = serviceProvider(application);
  const { ssoAdmin } = cloud.root;
  const ApplicationArn = application.arn as string;
  await ssoAdmin.putApplicationAssignmentConfiguration({ ApplicationArn, AssignmentRequired: false });
  assert.match((await browser.go(await addressOf(service))).text, /SAMLResponse/);
  assert.match((await browser.go('/start')).text, /Applications \(1\)/);
  await ssoAdmin.putApplicationAssignmentConfiguration({ ApplicationArn, AssignmentRequired: true });
  await assign('USER', ada);
  assert.match((await browser.go(path)).text, /SAMLResponse/);
  await ssoAdmin.updateApplication({ ApplicationArn, Status: 'DISABLED' });
  assert.match((await browser.go(path)).text, NO_ACCESS);
  assert.doesNotMatch((await browser.go('/start')).text, /Wiki/);
  await ssoAdmin.deleteApplication({ ApplicationArn });
  assert.match((await browser.go(path)).text, /No such application/);
});

test('what is no request of this application is refused', async () => {
  const { cloud, application, path } = await world();
  const browser = browserOn(cloud.send);
  const cases: Record<string, Partial<SamlConfig>> = {
    'of another issuer': { issuer: 'https://other.example.com' },
    'to be answered elsewhere': { callbackUrl: 'https://evil.example/acs' },
    'sent elsewhere': { entryPoint: `${application.gatehouse.signInUrl}x` },
  };
  for (const [name, more] of Object.entries(cases)) {
    const { search } = new URL(await serviceProvider(application, more).getAuthorizeUrlAsync('', undefined, {}));
    assert.match((await browser.go(path + search)).text, BAD, name);
  }
  const bomb = Buffer.from(`<a>${'b'.repeat(10)}</a>`).toString('base64');
  for (const message of ['', 'x', bomb]) {
    assert.match((await browser.go(`${path}?SAMLRequest=${encodeURIComponent(message)}`)).text, BAD, message);
  }
  const fine = await addressOf(serviceProvider(application));
  assert.match((await browser.go(fine)).text, /Sign in to the access portal/);
  cloud.advance('PT6M');
  assert.match((await browser.go(fine)).text, BAD);
  assert.match((await browser.go(`${path}?request=x`)).text, /Too late/);
});

test('where the application has a certificate, only what it signs is believed, by address and by form', async () => {
  const signer = certificate({ name: 'wiki', rsa: true });
  const stranger = certificate({ name: 'wiki', rsa: true });
  const { cloud, application, assign, ada, path } = await world({ certificate: signer.pem });
  await assign('USER', ada);
  const { browser } = await welcome(cloud, 'ada');
  const keyOf = ({ privateKey }: typeof signer) => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const by = (who: typeof signer, more: Partial<SamlConfig> = {}) =>
    serviceProvider(application, { privateKey: keyOf(who), signatureAlgorithm: 'sha256', ...more });
  const good = await addressOf(by(signer), 'r');
  const { profile } = await by(signer)
    .validatePostResponseAsync(formIn((await browser.go(good)).text))
    .catch(() => ({ profile: null }));
  assert.equal(profile, null, 'another service provider did not ask');
  const service = by(signer);
  const answered = await service.validatePostResponseAsync(
    formIn((await browser.go(await addressOf(service, 'r'))).text),
  );
  assert.equal(answered.profile!.nameID, 'ada');
  const [, unsigned = ''] = (await addressOf(serviceProvider(application))).split('?');
  const refused = {
    unsigned: await addressOf(serviceProvider(application)),
    'by a stranger': await addressOf(by(stranger)),
    'with SHA-1': await addressOf(by(signer, { signatureAlgorithm: 'sha1' })),
    'with another relay state': good.replace('RelayState=r', 'RelayState=evil'),
    'with two requests': `${good}&SAMLRequest=x`,
    'with two requests, one spelt otherwise': good.replace(
      '?',
      `?${unsigned.replace('SAMLRequest', 'SAMLReques%74')}&`,
    ),
    'without its signature': good.replace(/&Signature=[^&]+/, ''),
  };
  for (const [name, address] of Object.entries(refused)) assert.match((await browser.go(address)).text, BAD, name);
  const request = (id: string) =>
    `<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="${id}" Version="2.0" IssueInstant="` +
    `${cloud.now().toISOString()}" AssertionConsumerServiceURL="${ACS}"><saml:Issuer ` +
    `xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${AUDIENCE}</saml:Issuer></samlp:AuthnRequest>`;
  const posted = (xml: string) => {
    const body = Buffer.from(
      new URLSearchParams({ SAMLRequest: Buffer.from(xml).toString('base64'), RelayState: 'p' }).toString(),
    );
    const headers = { host: 'cloud.test', origin: 'https://wiki.example.com', 'sec-fetch-site': 'cross-site' };
    return cloud.send({ method: 'POST', path, body, headers });
  };
  const root = (xml: string, who: typeof signer) => signed(xml, 'AuthnRequest', who);
  const taken = await posted(root(request('_p1'), signer));
  assert.equal(formIn((await browser.go(taken.headers.location!)).text).RelayState, 'p');
  assert.equal((await posted(request('_p2'))).status, 400);
  assert.equal((await posted(root(request('_p3'), stranger))).status, 400);
  assert.equal((await posted(root(request('_p4'), signer).replace('_p4"', '_p5"'))).status, 400);
});

test('an application may want a new sign-in, or none that asks anything', async () => {
  const { cloud, application, assign, ada } = await world();
  await assign('USER', ada);
  const passive = serviceProvider(application, { passive: true });
  const nobody = browserOn(cloud.send);
  const { profile, loggedOut } = await passive.validatePostResponseAsync(
    formIn((await nobody.go(await addressOf(passive))).text),
  );
  assert.deepEqual([profile, loggedOut], [null, false]);
  const { browser, code } = await welcome(cloud, 'ada');
  assert.match((await browser.go(await addressOf(passive))).text, /SAMLResponse/);
  const force = serviceProvider(application, { forceAuthn: true });
  cloud.advance('PT2S');
  assert.match((await browser.go(await addressOf(force))).text, /Sign in to the access portal/);
  await browser.submit('/start/signin', { name: 'ada', password: 'Correct-horse-1' });
  const page = await browser.submit('/start/code', { code: code() });
  assert.match(page.text, /SAMLResponse/);
});

test('two keys hold while one takes the place of the other; both are in the metadata', async () => {
  const { cloud, application, assign, ada, path } = await world();
  await assign('USER', ada);
  const { browser } = await welcome(cloud, 'ada');
  const { id } = application;
  const page = `saml-application-certificates/${id}`;
  const { body: two } = await operated(cloud, 'POST', page);
  assert.deepEqual(
    two.signers.map(({ active }: { active: boolean }) => active),
    [true, false],
  );
  const [first, second] = two.signers;
  const answer = await cloud.send({ method: 'GET', path: `/saml/metadata/${id}`, headers: { host: 'cloud.test' } });
  const certificates = [...String(answer.body).matchAll(/<X509Certificate>([^<]+)/g)].map(
    ([, der]) => new X509Certificate(Buffer.from(der!, 'base64')),
  );
  assert.deepEqual(
    certificates.map(({ fingerprint256 }) => fingerprint256),
    [first.fingerprint, second.fingerprint],
  );
  assert.match(String(answer.body), /SingleLogoutService .*SingleSignOnService /);
  assert.equal(createPublicKey(first.certificate).asymmetricKeyDetails?.modulusLength, 2048);
  const shown = async () => formIn((await browser.go(path)).text);
  const with1 = serviceProvider({ ...application, signers: [first] });
  const with2 = serviceProvider({ ...application, signers: [second] });
  await with1.validatePostResponseAsync(await shown());
  assert.equal((await operated(cloud, 'POST', page)).status, 400);
  await operated(cloud, 'POST', `${page}/${second.id}`);
  await with2.validatePostResponseAsync(await shown());
  await assert.rejects(with1.validatePostResponseAsync(await shown()), /signature/i);
  assert.equal((await operated(cloud, 'DELETE', `${page}/${second.id}`)).status, 400);
  assert.equal((await operated(cloud, 'DELETE', `${page}/${first.id}`)).body.signers.length, 1);
});

test('leaving an application may end the portal, when its user wants that', async () => {
  const { cloud, application } = await world();
  const { browser } = await welcome(cloud, 'ada');
  const path = new URL(application.gatehouse.signOutUrl).pathname;
  const url = await serviceProvider(application, { logoutUrl: application.gatehouse.signOutUrl }).getLogoutUrlAsync(
    { issuer: AUDIENCE, nameID: 'ada', nameIDFormat: EMAIL },
    '',
    {},
  );
  assert.match((await browser.go(path + new URL(url).search)).text, /<h1>Sign out</);
  assert.match((await browser.go('/start')).text, /<h1>Access portal/);
  await browser.go(path);
  assert.match((await browser.submit('/start/signout', {})).text, /Sign in to the access portal/);
});

test('settings are read back as they were made, and words that cannot be are refused', async () => {
  const { cloud, application } = await world();
  const service = serviceProvider(application, {
    publicCert: certificate({ name: 'w', rsa: true }).pem,
    privateKey: 'x',
  });
  const metadata = service.generateServiceProviderMetadata(null, certificate({ name: 'w', rsa: true }).pem);
  const made = await operated(cloud, 'POST', 'saml-applications', { name: 'Other', metadata });
  assert.deepEqual([made.body.acsUrl, made.body.audience], [ACS, AUDIENCE]);
  assert.ok(made.body.certificate.fingerprint);
  const read = await operated(cloud, 'GET', `saml-applications/${made.body.id}`);
  assert.deepEqual(read.body, made.body);
  assert.equal((await operated(cloud, 'GET', 'saml-applications')).body.applications.length, 2);
  const { ApplicationProviderArn } = await cloud.root.ssoAdmin.describeApplication({ ApplicationArn: made.body.arn });
  assert.equal(ApplicationProviderArn, 'arn:aws:sso::aws:applicationProvider/custom-saml');
  const wrong = [
    ...[{ name: '' }, { acsUrl: 'http://wiki.example.com' }, { acsUrl: 'javascript:x' }, { audience: '' }],
    ...[{ sessionDuration: 'PT13H' }, { metadata: '<a/>' }, { certificate: 'x' }, { subject: { source: '$' + '{x}' } }],
    ...[{ subject: { source: 'x', format: 'basic' } }, { attributes: [{ name: 'a' }] }, { startUrl: 'data:x' }],
  ];
  for (const more of wrong) {
    const said = { name: 'Wiki', acsUrl: ACS, audience: AUDIENCE, ...more };
    assert.equal((await operated(cloud, 'POST', 'saml-applications', said)).status, 400, JSON.stringify(more));
  }
  const user = await cloud.user('nobody');
  await user.sts.getCallerIdentity({});
  const key = await cloud.keyFor(cloud.managementAccount, 'nobody');
  assert.equal((await operated(cloud, 'GET', 'saml-applications', undefined, key)).status, 403);
});
