import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browserOn } from '../../testing/browser.ts';
import type { Cloud } from '../../testing/cloud.ts';
import { ACCOUNT, ARN, AWS, assertion, good, PROVIDER, response, setting, signed, stranger } from './saml.fixture.ts';

const HOST = 'signin.aws.amazon.com';

/** What a provider has the browser do. */
function posted(cloud: Cloud, xml: string, more: Record<string, string> = {}, path = '/saml', host = HOST) {
  const form = new URLSearchParams({ SAMLResponse: Buffer.from(xml).toString('base64'), ...more });
  return cloud.send({
    ...{ method: 'POST', path, body: Buffer.from(form.toString()) },
    headers: { host, 'content-type': 'application/x-www-form-urlencoded', origin: 'https://idp.example.com' },
  });
}

const cookieIn = ({ headers }: { readonly headers: Readonly<Record<string, string>> }) =>
  headers['set-cookie']!.split(';')[0]!;

const home = (cloud: Cloud, cookie: string) =>
  cloud.send({ method: 'GET', path: '/signin/home', headers: { host: HOST, cookie } });

test('whoever a SAML provider names comes into the console with its role, for as long as it says', async () => {
  const { cloud } = await setting();
  const console = 'https://us-west-2.console.aws.amazon.com/s3';
  const xml = good({ attributes: { [`${AWS}SessionDuration`]: ['7200'] } });
  const answer = await posted(cloud, xml, { RelayState: console });
  assert.equal(answer.status, 303);
  assert.equal(answer.headers.location, `/signin/home?${new URLSearchParams({ destination: console })}`);
  const cookie = cookieIn(answer);
  assert.match(String((await home(cloud, cookie)).body), /assumed-role\/Saml\/ada@example\.com/);
  const [login] = await recordsOf(cloud, 'ConsoleLogin');
  assert.equal(login.userIdentity.sessionContext.sessionIssuer.arn, ARN);
  const [assumption] = await recordsOf(cloud, 'AssumeRoleWithSAML');
  assert.deepEqual(
    [assumption.recipientAccountId, assumption.userIdentity.type, assumption.requestParameters.sAMLAssertionID],
    [ACCOUNT, 'SAMLUser', '_a1'],
  );
  assert.doesNotMatch(
    JSON.stringify([login, assumption]),
    new RegExp(Buffer.from(xml).toString('base64').slice(0, 80)),
  );
  cloud.advance('PT119M');
  assert.equal((await home(cloud, cookie)).status, 200);
  cloud.advance('PT2M');
  assert.equal((await home(cloud, cookie)).status, 303);
});

test('who may have several roles chooses one, and only one of them', async () => {
  const { cloud } = await setting();
  const other = ARN.replace('Saml', 'Other');
  const xml = good({ attributes: { [`${AWS}Role`]: [`${ARN},${PROVIDER}`, `${PROVIDER},${other}`] } });
  const page = await posted(cloud, xml);
  assert.match(String(page.body), /<h1>Select a role<\/h1>/);
  assert.ok(String(page.body).includes(other));
  assert.equal((await posted(cloud, xml, { role: ARN })).status, 303);
  const untrusting = await posted(cloud, xml, { role: other });
  assert.deepEqual([untrusting.status, untrusting.headers['set-cookie']], [403, undefined]);
  assert.match(String(untrusting.body), /Not authorized to perform sts:AssumeRoleWithSAML/);
  assert.equal((await posted(cloud, xml, { role: ARN.replace('Saml', 'Admin') })).status, 403);
});

test('what the provider did not sign lets nobody in, and neither does what is no response', async () => {
  const { cloud } = await setting();
  const evil = good().replace('>ada<', '>"><script>eve<');
  const cases = {
    'by a stranger': signed(response(assertion()), 'Assertion', stranger),
    changed: good().replace('>ada<', '>eve<'),
    'wrapped, the original inside': response(
      assertion({ id: '_evil' }).replace('</saml:Assertion>', `${good()}</saml:Assertion>`),
    ),
    'a document type': `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>${good()}`,
    'of the past': good({ issued: '2029-12-31T23:54:59Z' }),
    'too long': good({ attributes: { [`${AWS}SessionDuration`]: ['43200'] } }),
    'no number': good({ attributes: { [`${AWS}SessionDuration`]: ['x'] } }),
    markup: evil,
    nothing: '',
  };
  for (const [name, xml] of Object.entries(cases)) {
    const { status, headers, body } = await posted(cloud, xml);
    assert.deepEqual([status, headers['set-cookie']], [403, undefined], name);
    assert.doesNotMatch(String(body), /<script>/, name);
  }
  assert.deepEqual(await recordsOf(cloud, 'ConsoleLogin'), []);
  const browser = browserOn(cloud.send, HOST);
  const metadata = await browser.go('/static/saml-metadata.xml');
  assert.match(metadata.text, /entityID="urn:amazon:webservices"/);
  assert.match(metadata.text, /Location="https:\/\/signin\.aws\.amazon\.com\/saml"/);
});

async function recordsOf(cloud: Cloud, name: string) {
  const rows = await cloud.deps.store.journal.read(0, 10_000);
  return rows.map(({ body }) => JSON.parse(body)).filter(({ eventName }) => eventName === name);
}
