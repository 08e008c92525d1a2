import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inflateRawSync } from 'node:zlib';
import { directoryUsers } from '../identity/directory.ts';
import { browserOn } from '../testing/browser.ts';
import { type Cloud, testCloud } from '../testing/cloud.ts';
import { operated } from '../testing/operator.ts';
import { PASSWORD, portalOf, welcome } from '../testing/people.ts';
import {
  assertionText,
  attribute,
  metadataOf,
  type Parts,
  responseText,
  SIGN_ON,
  samlIssuer,
  signed,
  signedResponse,
} from '../testing/samlIssuer.ts';

const signer = samlIssuer();
const next = samlIssuer('next');
const stranger = samlIssuer();
const ADA = 'ada@example.com';
const AWS = 'https://aws.amazon.com/SAML/Attributes/AccessControl:';

async function world(binding = 'HTTP-Redirect') {
  const cloud = await testCloud();
  const portal = await portalOf(cloud);
  const ada = await portal.person(ADA);
  await portal.assign('AdminRole', 'AdministratorAccess', { type: 'USER', id: ada }, cloud.managementAccount);
  const metadata = metadataOf([signer], binding);
  const { status, body } = await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata });
  assert.equal(status, 200, JSON.stringify(body));
  const { entityId, acsUrl } = body.gatehouse as { entityId: string; acsUrl: string };
  const parts = (more: Partial<Parts> = {}): Parts => ({
    ...{ issued: cloud.now(), audience: entityId, recipient: acsUrl, destination: acsUrl, subject: ADA },
    ...more,
  });
  const good = (more: Partial<Parts> = {}, by = signer) => signedResponse(parts(more), by);
  return { ...portal, ada, entityId, acsUrl, parts, good };
}

/** What a browser posts from the provider's page: from another site, so without our cookie. */
async function posted(cloud: Cloud, acsUrl: string, xml: string, relayState?: string) {
  const form = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64') });
  if (relayState !== undefined) form.set('RelayState', relayState);
  const answer = await cloud.send({
    ...{ method: 'POST', path: new URL(acsUrl).pathname, body: Buffer.from(form.toString()) },
    headers: {
      ...{ host: 'cloud.test', origin: 'https://idp.example.com', 'sec-fetch-site': 'cross-site' },
      'content-type': 'application/x-www-form-urlencoded',
    },
  });
  return { status: answer.status, location: answer.headers.location, text: String(answer.body) };
}

const UNEXPECTED = /<h1>An unexpected error has occurred/;

async function failures(cloud: Cloud): Promise<string[]> {
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'ExternalIdPDirectoryLogin' }];
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
  return Events.map(({ CloudTrailEvent }) => JSON.parse(CloudTrailEvent!).errorMessage);
}

/** Somebody goes to a page of ours, and is sent to the provider. */
async function asked(cloud: Cloud, page = '/start') {
  const browser = browserOn(cloud.send);
  const { location = '' } = await browser.go(page);
  const request = new URL(location).searchParams.get('SAMLRequest')!;
  const xml = inflateRawSync(Buffer.from(request, 'base64')).toString('utf8');
  return { browser, location, xml, id: / ID="([^"]+)"/.exec(xml)![1]! };
}

test('somebody signs in at the provider, and takes credentials', async () => {
  const { cloud, entityId, acsUrl, good } = await world();
  const { browser, location, xml, id } = await asked(cloud);
  assert.ok(location.startsWith(`${SIGN_ON}?SAMLRequest=`));
  assert.match(xml, new RegExp(`AssertionConsumerServiceURL="${acsUrl}" Destination="${SIGN_ON}"`));
  assert.match(xml, new RegExp(`>${entityId}</saml2:Issuer>`));
  assert.match(xml, /NameIDPolicy Format="urn:oasis:names:tc:SAML:1\.1:nameid-format:emailAddress"/);
  const answer = await posted(cloud, acsUrl, good({ inResponseTo: id }));
  assert.match((await browser.go(answer.location!)).text, /<h1>Access portal/);
  const shown = await browser.submit('/start/credentials', { account: cloud.managementAccount, role: 'AdminRole' });
  assert.match(shown.text, /export AWS_SESSION_TOKEN=/);
  const LookupAttributes = [{ AttributeKey: 'EventName' as const, AttributeValue: 'UserAuthentication' }];
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({ LookupAttributes });
  assert.equal(JSON.parse(Events[0]!.CloudTrailEvent!).additionalEventData.CredentialType, 'EXTERNAL_IDP');
  await browser.go('/start');
  assert.match((await browser.submit('/start/signout', {})).text, /You are signed out/);
});

test('a deep link survives the way to the provider; a provider may also begin by itself', async () => {
  const { cloud, acsUrl, good, IdentityStoreId } = await world();
  const { clientId, clientSecret } = await cloud.unsigned.ssoOidc.registerClient({
    clientName: 'cli',
    clientType: 'public',
  });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const device = await cloud.unsigned.ssoOidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  const { browser, id } = await asked(cloud, `/start/device?user_code=${device.userCode}`);
  const { location } = await posted(cloud, acsUrl, good({ inResponseTo: id }));
  assert.match((await browser.go(location!)).text, new RegExp(device.userCode!));
  const other = browserOn(cloud.send);
  const begun = await posted(cloud, acsUrl, good({ id: '_a2' }), 'https://evil.example/');
  assert.match((await other.go(begun.location!)).text, /<h1>Access portal/);
  assert.match((await other.go(begun.location!)).text, UNEXPECTED);
});

test('an answer works once, and only in the browser that asked', async () => {
  const { cloud, acsUrl, good } = await world();
  const { id } = await asked(cloud);
  const { location } = await posted(cloud, acsUrl, good({ inResponseTo: id }));
  const thief = browserOn(cloud.send);
  await thief.go('/start/forgot');
  assert.match((await thief.go(location!)).text, UNEXPECTED);
  assert.match((await posted(cloud, acsUrl, good({ id: '_a2', inResponseTo: id }))).text, UNEXPECTED);
  assert.match((await posted(cloud, acsUrl, good({ id: '_a3', inResponseTo: '_unknown' }))).text, UNEXPECTED);
  const replayed = good({ id: '_a4' });
  assert.equal((await posted(cloud, acsUrl, replayed)).status, 303);
  assert.match((await posted(cloud, acsUrl, replayed)).text, UNEXPECTED);
  assert.deepEqual(
    (await failures(cloud)).toSorted(),
    [
      'Not a valid response for the provided request id: _a1'.replace('_a1', id),
      'Not a valid response for the provided request id: _unknown',
      'The assertion was used already.',
    ].toSorted(),
  );
  const late = await asked(cloud);
  cloud.advance('PT16M');
  assert.match((await posted(cloud, acsUrl, good({ id: '_a5', inResponseTo: late.id }))).text, UNEXPECTED);
  const ticket = await posted(cloud, acsUrl, good({ id: '_a6' }));
  cloud.advance('PT61S');
  assert.match((await browserOn(cloud.send).go(ticket.location!)).text, UNEXPECTED);
});

test('what the provider did not sign, or did not mean for us and for now, lets nobody in', async () => {
  const { cloud, acsUrl, good, parts } = await world();
  const later = (minutes: number) => new Date(cloud.now().getTime() + minutes * 60_000);
  const inner = /<saml:Assertion.*<\/saml:Assertion>/s.exec(good())![0];
  const evil = assertionText(parts({ id: '_evil', subject: 'eve@example.com' }));
  const reply = { destination: acsUrl, issued: cloud.now() };
  const cases: Record<string, string> = {
    unsigned: responseText(assertionText(parts()), reply),
    'by a stranger': good({}, stranger),
    changed: good().replace(`>${ADA}<`, '>eve@example.com<'),
    'wrapped, evil first': responseText(evil + inner, reply),
    'wrapped, evil last': responseText(inner + evil, reply),
    'wrapped, in an extension': responseText(`<samlp:Extensions>${inner}</samlp:Extensions>${evil}`, reply),
    'with a document type': `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${good()}`,
    'other audience': good({ audience: 'https://other.example.com' }),
    'AWS’s audience': good({ audience: 'urn:amazon:webservices' }),
    'other recipient': good({ recipient: `${acsUrl}x` }),
    'other destination': good({ destination: 'https://other.example.com/acs' }),
    'other issuer': good({ issuer: 'https://other.example.com' }),
    'of the past': good({ issued: later(-6) }),
    'of the future': good({ issued: later(6) }),
    'answering two': signed(
      responseText(assertionText(parts({ inResponseTo: '_1' })), { ...reply, inResponseTo: '_2' }),
      'Assertion',
      signer,
    ),
    'session over': good({ sessionEnd: cloud.now() }),
    'a transient name': good({ format: 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient' }),
    'a name that nobody has': good({ subject: 'eve@example.com' }),
    'a name in other letters': good({ subject: 'ADA@example.com' }),
    nothing: '',
  };
  for (const [name, xml] of Object.entries(cases)) {
    const { status, text } = await posted(cloud, acsUrl, xml);
    assert.equal(status, 403, name);
    assert.match(text, UNEXPECTED, name);
  }
  const commented = good({ subject: `${ADA}.evil.example` }).replace(`${ADA}.evil`, `${ADA}<!-- -->.evil`);
  assert.match((await posted(cloud, acsUrl, commented)).text, UNEXPECTED);
  assert.equal((await posted(cloud, acsUrl, good({ id: '_ok', issued: later(-4) }))).status, 303);
});

test('who is disabled does not get in, though the provider says so', async () => {
  const { cloud, acsUrl, good, IdentityStoreId, ada } = await world();
  const { location } = await posted(cloud, acsUrl, good());
  await cloud.deps.store.transaction(async (tx) => {
    const row = await tx.get(directoryUsers, [IdentityStoreId, ada]);
    await tx.replace(directoryUsers, { ...row!, status: 'DISABLED' });
  });
  assert.match((await browserOn(cloud.send).go(location!)).text, UNEXPECTED);
  assert.match((await posted(cloud, acsUrl, good({ id: '_a2' }))).text, UNEXPECTED);
});

test('names may be persistent or unspecified; a provider may want a form', async () => {
  const { cloud, acsUrl, good } = await world('HTTP-POST');
  const formats = ['2.0:nameid-format:persistent', '1.1:nameid-format:unspecified'];
  for (const [i, format] of formats.entries()) {
    const answer = await posted(cloud, acsUrl, good({ id: `_${i}`, format: `urn:oasis:names:tc:SAML:${format}` }));
    assert.equal(answer.status, 303, format);
  }
  const { text, headers } = await browserOn(cloud.send).go('/start');
  assert.match(text, new RegExp(`<form method="post" action="${SIGN_ON}">\\s*<input type="hidden" name="SAMLRequest"`));
  assert.match(headers['content-security-policy']!, /form-action 'self' https:\/\/idp\.example\.com https:;/);
});

test('attributes for access control become session tags, where the instance has them', async () => {
  const { cloud, acsUrl, good, InstanceArn } = await world();
  const attributes = attribute(`${AWS}CostCenter`, 'blue') + attribute(`${AWS}mail`, 'said') + attribute('other', 'x');
  const tags = async (id: string) => {
    const browser = browserOn(cloud.send);
    await browser.go((await posted(cloud, acsUrl, good({ id, attributes }))).location!);
    const { text } = await browser.submit('/start/credentials', {
      account: cloud.managementAccount,
      role: 'AdminRole',
    });
    const value = (name: string) => new RegExp(`export ${name}="([^"]+)"`).exec(text)![1]!;
    const { openSession } = await import('../identity/sessions.ts');
    return openSession(cloud.deps.secrets, value('AWS_SESSION_TOKEN'))?.tags;
  };
  assert.equal(await tags('_1'), undefined);
  const Source = ['$' + '{path:emails[primary eq true].value}'];
  await cloud.root.ssoAdmin.createInstanceAccessControlAttributeConfiguration({
    InstanceArn,
    InstanceAccessControlAttributeConfiguration: { AccessControlAttributes: [{ Key: 'mail', Value: { Source } }] },
  });
  assert.deepEqual(await tags('_2'), [
    { Key: 'CostCenter', Value: 'blue' },
    { Key: 'mail', Value: `${ADA}@example.com` },
  ]);
  const cases = {
    'two values': attribute(`${AWS}a`, 'x', 'y'),
    twice: attribute(`${AWS}a`, 'x') + attribute(`${AWS}a`, 'y'),
    XML: attribute(`${AWS}a`, '<b>x</b>'),
    'a key of AWS': attribute(`${AWS}aws:a`, 'x'),
    'too many': Array.from({ length: 51 }, (_, i) => attribute(`${AWS}k${i}`, 'x')).join(''),
  };
  for (const [name, wrong] of Object.entries(cases)) {
    const answer = await posted(cloud, acsUrl, good({ id: `_${name.length}${name[0]}`, attributes: wrong }));
    assert.match(answer.text, UNEXPECTED, name);
  }
});

test('a session ends with the provider’s, and so do the tokens of command lines', async () => {
  const { cloud, acsUrl, good, IdentityStoreId } = await world();
  const { ssoOidc, sso } = cloud.unsigned;
  const { clientId, clientSecret } = await ssoOidc.registerClient({ clientName: 'cli', clientType: 'public' });
  const startUrl = `https://${IdentityStoreId}.awsapps.com/start`;
  const { deviceCode, userCode } = await ssoOidc.startDeviceAuthorization({ clientId, clientSecret, startUrl });
  const { browser, id } = await asked(cloud, `/start/device?user_code=${userCode}`);
  const sessionEnd = new Date(cloud.now().getTime() + 3_600_000);
  await browser.go((await posted(cloud, acsUrl, good({ inResponseTo: id, sessionEnd }))).location!);
  await browser.submit('/start/device', { decision: 'ALLOWED' });
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code';
  const { accessToken, expiresIn } = await ssoOidc.createToken({ clientId, clientSecret, grantType, deviceCode });
  assert.equal(expiresIn, 3600);
  assert.equal((await sso.listAccounts({ accessToken })).accountList?.length, 1);
  cloud.advance('PT61M');
  await assert.rejects(sso.listAccounts({ accessToken }), { name: 'UnauthorizedException' });
  assert.match((await browser.go('/start')).location!, /SAMLRequest=/);
});

test('two certificates hold while one takes the place of the other', async () => {
  const { cloud, acsUrl, good } = await world();
  assert.match((await posted(cloud, acsUrl, good({ id: '_1' }, next))).text, UNEXPECTED);
  const page = 'identity-source-certificates';
  const { body } = await operated(cloud, 'POST', page, { certificate: next.pem });
  assert.equal(body.certificates.length, 2);
  assert.equal((await posted(cloud, acsUrl, good({ id: '_2' }, next))).status, 303);
  assert.equal((await posted(cloud, acsUrl, good({ id: '_3' }))).status, 303);
  assert.equal((await operated(cloud, 'POST', page, { certificate: stranger.pem })).status, 400);
  const [first, second] = body.certificates;
  assert.equal((await operated(cloud, 'DELETE', `${page}/${first.id}`)).body.certificates.length, 1);
  assert.match((await posted(cloud, acsUrl, good({ id: '_4' }))).text, UNEXPECTED);
  assert.equal((await operated(cloud, 'DELETE', `${page}/${second.id}`)).status, 400);
  assert.equal((await operated(cloud, 'DELETE', `${page}/${first.id}`)).status, 404);
});

test('passwords open nothing while people sign in elsewhere, and do again afterwards', async () => {
  const { cloud, IdentityStoreId } = await world();
  const metadata = metadataOf([signer]);
  await operated(cloud, 'DELETE', 'identity-source');
  const { browser, code } = await welcome(cloud, ADA);
  assert.match((await browser.go('/start')).text, /<h1>Access portal/);
  const other = browserOn(cloud.send);
  await other.go('/start');
  await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata });
  assert.match((await browser.go('/start')).text, /<h1>Access portal/);
  const sent = await other.submit('/start/signin', { store: IdentityStoreId, name: ADA, password: PASSWORD });
  assert.match(sent.location!, /SAMLRequest=/);
  await operated(cloud, 'DELETE', 'identity-source');
  await other.go('/start');
  await other.submit('/start/signin', { name: ADA, password: PASSWORD });
  assert.match((await other.submit('/start/code', { code: code() })).text, /<h1>Access portal/);
});

test('the source is the operator’s to set, in words that are checked, and back to the directory keeps people', async () => {
  const { cloud, IdentityStoreId, entityId, acsUrl } = await world();
  const read = (await operated(cloud, 'GET', 'identity-source')).body;
  assert.deepEqual([read.source, read.entityId, read.certificates.length], ['saml', 'https://idp.example.com/saml', 1]);
  const { body, headers } = await cloud.send({
    method: 'GET',
    path: new URL(read.gatehouse.metadataUrl).pathname,
    headers: { host: 'cloud.test' },
  });
  assert.match(headers['content-type']!, /samlmetadata/);
  assert.match(String(body), new RegExp(`entityID="${entityId}".*Location="${acsUrl}"`));
  for (const metadata of [
    '',
    '<a/>',
    'x'.repeat(75_001),
    metadataOf([]),
    metadataOf([signer], 'SOAP'),
    metadataOf([signer], 'HTTP-POST', 'javascript:alert(1)'),
    7,
  ]) {
    const { status } = await operated(cloud, 'POST', 'identity-source', { kind: 'saml', metadata });
    assert.equal(status, 400, String(metadata).slice(0, 40));
  }
  const nobody = await cloud.memberAccount('stranger');
  assert.equal((await operated(cloud, 'GET', 'identity-source', undefined, await cloud.keyFor(nobody.id))).status, 404);
  const browser = browserOn(cloud.send);
  assert.match((await browser.go('/start/forgot')).text, /No passwords here/);
  assert.equal((await operated(cloud, 'DELETE', 'identity-source')).body.source, 'directory');
  assert.match((await browser.go('/start')).text, /Sign in to the access portal/);
  assert.equal((await cloud.root.identitystore.listUsers({ IdentityStoreId })).Users?.length, 1);
  const { Events = [] } = await cloud.root.cloudtrail.lookupEvents({
    LookupAttributes: [{ AttributeKey: 'EventSource', AttributeValue: 'sso-directory.amazonaws.com' }],
  });
  assert.deepEqual(
    new Set(Events.map(({ EventName }) => EventName)),
    new Set([
      'EnableExternalIdPConfigurationForDirectory',
      'ListExternalIdPConfigurationsForDirectory',
      'DisableExternalIdPConfigurationForDirectory',
    ]),
  );
});

test('an encrypted assertion is not supported, and the record says so if the response is signed', async () => {
  const { cloud, acsUrl, parts } = await world();
  const inner =
    '<saml2:EncryptedAssertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion"><x/></saml2:EncryptedAssertion>';
  const xml = responseText(inner, parts());
  assert.match((await posted(cloud, acsUrl, xml)).text, UNEXPECTED);
  assert.deepEqual(await failures(cloud), [], 'what nobody vouches for leaves no record');
  assert.match((await posted(cloud, acsUrl, signed(xml, 'Response', signer))).text, UNEXPECTED);
  assert.deepEqual(await failures(cloud), ['Encrypted SAML assertions are not supported']);
});
