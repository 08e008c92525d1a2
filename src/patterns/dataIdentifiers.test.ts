import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findingsOf, managedIdentifier, replaced } from './dataIdentifiers.ts';

const ARN = 'arn:aws:dataprotection::aws:data-identifier/';

/** What each finds, and what it must not find. */
const CASES: Readonly<Record<string, readonly [found: readonly string[], not: readonly string[]]>> = {
  EmailAddress: [
    ['ann.lee+x@mail.example.com', 'a@b.co'],
    ['a@b', '@example.com', 'ann at example.com'],
  ],
  IpAddress: [
    ['10.0.0.255', '2001:db8:0:0:0:0:0:1'],
    ['256.1.1.1', '10.0.0'],
  ],
  CreditCardNumber: [
    ['4111111111111111', '4111 1111 1111 1111', '5500-0000-0000-0004', '340000000000009', '6011000000000004'],
    ['4111111111111112', '1234567890123456', '41111111', '41111111111111111111111'],
  ],
  'Ssn-US': [
    ['123-45-6789', '123 45 6789'],
    ['000-45-6789', '666-45-6789', '900-45-6789', '123-00-6789', '123456789'],
  ],
  'PhoneNumber-US': [
    ['(415) 555-2671', '415-555-2671', '+1 415 555 2671', '+14155552671'],
    ['415-155-2671', '5552671'],
  ],
  VehicleIdentificationNumber: [
    ['1M8GDM9AXKP042788', '5GZCZ43D13S812715'],
    ['1M8GDM9AAKP042788', 'ABCDEFGH'],
  ],
  AwsSecretKey: [
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'.slice(4)],
    ['wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'],
  ],
  OpenSshPrivateKey: [
    ['-----BEGIN OPENSSH PRIVATE KEY-----b3BlbnNzaA==-----END OPENSSH PRIVATE KEY-----'],
    ['PRIVATE KEY'],
  ],
  PkcsPrivateKey: [
    ['-----BEGIN RSA PRIVATE KEY-----MIIE-----END RSA PRIVATE KEY-----'],
    ['-----BEGIN PUBLIC KEY-----'],
  ],
};

for (const [name, [found, not]] of Object.entries(CASES)) {
  test(`${name} finds what it names, and nothing else`, () => {
    const identifier = managedIdentifier(ARN + name)!;
    const within = (text: string) => findingsOf(identifier, `see ${text} there`);
    for (const text of found) {
      const findings = within(text);
      assert.deepEqual(findings, [[4, 4 + text.length]], text);
      assert.equal(replaced(`see ${text} there`, findings, (all) => '#'.repeat(all.length)).includes(text), false);
    }
    for (const text of not) assert.deepEqual(within(text), [], text);
  });
}

test('several findings in one text; identifiers that are not known', () => {
  const email = managedIdentifier(`${ARN}EmailAddress`)!;
  const text = 'a@x.org, b@x.org';
  assert.deepEqual(findingsOf(email, text), [
    [0, 7],
    [9, 16],
  ]);
  assert.equal(
    replaced(text, findingsOf(email, text), () => ''),
    ', ',
  );
  for (const name of ['Name', 'Address', 'Ssn-ES', 'toString']) assert.equal(managedIdentifier(ARN + name), undefined);
});
