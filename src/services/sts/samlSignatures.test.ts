import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { signedAssertion, Unbelievable } from '../../federation/samlDocuments.ts';
import { promptly } from '../../testing/promptly.ts';
import { rejected } from '../../testing/rejected.ts';
import { assertion, good, INVALID, response, setting, signed, signer, stranger } from './saml.fixture.ts';

test('AssumeRoleWithSAML takes signatures of the response, the assertion, or both', async () => {
  const { assume } = await setting();
  await assume(signed(response(assertion()), 'Response'));
  await assume(signed(signed(response(assertion()), 'Assertion'), 'Response'));
});

test('AssumeRoleWithSAML refuses what the provider did not sign', async () => {
  const { assume } = await setting();
  const cases = {
    unsigned: response(assertion()),
    'by a stranger': signed(response(assertion()), 'Assertion', stranger),
    'signed for both, by a stranger outside': signed(good(), 'Response', stranger),
    changed: good().replace('>ada<', '>eve<'),
    'not XML': 'SAML? No.',
    'an assertion alone': signed(assertion(), 'Assertion'),
  };
  for (const [name, xml] of Object.entries(cases)) {
    await assert.rejects(assume(xml), { message: INVALID }, name);
  }
});

test('AssumeRoleWithSAML refuses wrapped signatures', async () => {
  const { assume } = await setting();
  const whole = good();
  const inner = /<saml:Assertion.*<\/saml:Assertion>/s.exec(whole)![0];
  const signature = /<ds:Signature.*<\/ds:Signature>/s.exec(inner)![0];
  const bare = inner.replace(signature, '');
  const evil = assertion({ id: '_evil' }).replace('>ada<', '>eve<');
  const withSignature = (xml: string, content: string) =>
    xml.replace('</saml:Assertion>', `${content}</saml:Assertion>`);
  const cases = {
    'evil first': response(evil + inner),
    'evil last': response(inner + evil),
    'original inside evil': response(withSignature(evil, inner)),
    'evil with the signature, original in an Object': response(
      withSignature(evil, signature.replace('</ds:Signature>', `<ds:Object>${bare}</ds:Object></ds:Signature>`)),
    ),
    'evil with the signature, original beside': response(withSignature(evil, signature) + bare),
    'original in an extension': response(`<samlp:Extensions>${inner}</samlp:Extensions>${evil}`),
    'same id': response(withSignature(evil.replace('_evil', '_a1'), signature) + inner),
    'same id, one only': response(withSignature(evil.replace('_evil', '_a1'), signature)),
    'signature moved to the response': response(`${signature}${bare}`),
    'whole document reference': signed(response(evil), 'Assertion', stranger).replace('URI="#_evil"', 'URI=""'),
  };
  for (const [name, xml] of Object.entries(cases)) {
    await assert.rejects(assume(xml), { message: INVALID }, name);
  }
});

test('AssumeRoleWithSAML reads text as it was signed: comments do not cut it', async () => {
  const { assume } = await setting();
  const xml = good({ subject: '<saml:NameID>ada@example.com.evil.example</saml:NameID>' });
  const answer = await assume(xml.replace('ada@example.com.evil', 'ada@example.com<!-- -->.evil'));
  assert.equal(answer.Subject, 'ada@example.com.evil.example');
});

test('AssumeRoleWithSAML expands no entities and follows no deep nesting', async () => {
  const { assume } = await setting();
  const file = '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>';
  const laughs = '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>';
  const deep = response(`${'<a>'.repeat(9000)}${'</a>'.repeat(9000)}`);
  const deeper = response(`${'<!-- </a> --><a>'.repeat(3000)}${'</a>'.repeat(3000)}`);
  for (const xml of [file + good(), laughs + good(), good().replace('>ada<', '>&x;<'), deep, deeper]) {
    await promptly(() => rejected(assume(xml), 'InvalidIdentityToken', INVALID));
  }
});

const unencrypted = (): never => assert.fail('nothing is encrypted');

test('signedAssertion: whatever bytes change, what is read is what was signed', () => {
  const xml = signed(good(), 'Response');
  const certificates = [signer.der.toString('base64')];
  const whole = String(signedAssertion(xml, certificates, unencrypted));
  const change = fc.record({
    at: fc.nat(xml.length - 1),
    remove: fc.nat(12),
    insert: fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.constantFrom('<', '>', '"', '<!-- -->', '<x/>', '</saml:Subject>', '&#0;'),
    ),
  });
  const property = fc.property(change, ({ at, remove, insert }) => {
    let read: string;
    try {
      read = String(signedAssertion(xml.slice(0, at) + insert + xml.slice(at + remove), certificates, unencrypted));
    } catch (error) {
      assert.ok(error instanceof Unbelievable, String(error));
      return;
    }
    assert.equal(read, whole);
  });
  fc.assert(property, { numRuns: 150 });
});
