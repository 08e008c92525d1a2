import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { promptly } from '../testing/promptly.ts';
import { samlIssuer, signed } from '../testing/samlIssuer.ts';
import { Refused } from './refused.ts';
import { readServiceProviderMetadata } from './samlMetadata.ts';
import { readAuthnRequest } from './samlRequestReading.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const signer = samlIssuer();
const destination = 'https://idp.example.com/sso';
const certificate = signer.der.toString('base64');

const request = (id = '_1', inside = '') =>
  `<p:AuthnRequest xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" ` +
  `ID="${id}" Version="2.0" IssueInstant="${NOW.toISOString()}"><a:Issuer>wiki</a:Issuer>${inside}</p:AuthnRequest>`;

const posted = (xml: string) => ({ binding: 'post' as const, message: Buffer.from(xml).toString('base64'), query: '' });
const read = (xml: string, by?: string) => readAuthnRequest(posted(xml), { destination, certificate: by, now: NOW });

test('a request says who asks, and is read where it is signed', () => {
  assert.deepEqual(read(request()), { id: '_1', issuer: 'wiki', acsUrl: undefined, force: false, passive: false });
  assert.equal(read(signed(request(), 'AuthnRequest', signer), certificate).issuer, 'wiki');
});

test('requests that are wrapped, twofold, of another kind or another time are refused', () => {
  const good = signed(request(), 'AuthnRequest', signer);
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(good)![0];
  const cases: Record<string, string> = {
    'the signed one inside another': request('_2', good),
    'its signature in another': request('_2', signature),
    'the same id': request(
      '_1',
      signature.replace('</ds:Signature>', `<ds:Object>${request()}</ds:Object></ds:Signature>`),
    ),
    changed: good.replace('>wiki<', '>evil<'),
    unsigned: request(),
  };
  for (const [name, xml] of Object.entries(cases)) assert.throws(() => read(xml, certificate), Refused, name);
  const kinds: Record<string, string> = {
    'two issuers': request('_1', '<a:Issuer>other</a:Issuer>'),
    'no id': request(''),
    'an id that is none': request('1 2'),
    'another kind': request().replaceAll('AuthnRequest', 'LogoutRequest'),
    'version 1.1': request().replace('Version="2.0"', 'Version="1.1"'),
    'of no time': request().replace(NOW.toISOString(), 'soon'),
    'of the past': request().replace('2030-01-01T00:00', '2029-12-31T23:54'),
    'with entities': `<!DOCTYPE x [<!ENTITY e "x">]>${request()}`,
  };
  for (const [name, xml] of Object.entries(kinds)) assert.throws(() => read(xml), Refused, name);
});

test('what inflates without end is not read to its end', () => {
  const message = deflateRawSync(Buffer.alloc(50_000_000, ' ')).toString('base64');
  const rules = { destination, certificate: undefined, now: NOW };
  assert.throws(() => promptly(() => readAuthnRequest({ binding: 'redirect', message, query: '' }, rules)), Refused);
});

test('whatever strangers send is read or refused, and nothing else', () => {
  const pieces = [
    '<a>',
    '</a>',
    '<a:Issuer>',
    '</a:Issuer>',
    '<p:AuthnRequest',
    ' ID="',
    '"',
    '>',
    '<!--',
    ']]>',
    '&#0;',
    '&x;',
    '<?',
    'é',
  ];
  const texts = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...pieces)).map((parts) => parts.join('')),
    fc.array(fc.constantFrom(...pieces)).map((parts) => request('_1', parts.join(''))),
    fc
      .tuple(fc.nat(request().length), fc.string())
      .map(([at, text]) => request().slice(0, at) + text + request().slice(at + 1)),
  );
  fc.assert(
    fc.property(texts, fc.boolean(), fc.boolean(), (text, redirect, bySigner) => {
      const bytes = redirect ? deflateRawSync(Buffer.from(text)) : Buffer.from(text);
      const carried = {
        binding: redirect ? 'redirect' : 'post',
        message: bytes.toString('base64'),
        query: text,
      } as const;
      try {
        readAuthnRequest(carried, { destination, certificate: bySigner ? certificate : undefined, now: NOW });
      } catch (error) {
        assert.ok(error instanceof Refused, `${error}`);
      }
      readServiceProviderMetadata(text);
    }),
    { numRuns: 1000 },
  );
});
