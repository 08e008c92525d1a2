import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ACCOUNT,
  alice,
  anchor,
  authority,
  cloud,
  eachInItsOwn,
  input,
  issued,
  profile,
  ROLE,
  refused,
  session,
} from './anchored.fixture.ts';
import { type Bad, signedRequest } from './sessions.fixture.ts';
import type * as t from './types.ts';

eachInItsOwn();

describe('refused requests', () => {
  const changedBody = (text: string) => (request: ReturnType<typeof signedRequest>) => ({
    ...request,
    body: Buffer.from(request.body.toString().replace('robot', text)),
  });
  const header = (name: string, change: (value: string) => string) => (request: ReturnType<typeof signedRequest>) => ({
    ...request,
    headers: { ...request.headers, [name]: change(request.headers[name]!) },
  });
  const WRONG: readonly (readonly [string, Bad, RegExp])[] = [
    ['with another body than was signed', { tampered: changedBody('admin') }, /Invalid signature/],
    [
      'with a query that was not signed',
      { tampered: (r) => ({ ...r, query: 'durationSeconds=43200' }) },
      /Invalid signature/,
    ],
    ['sent to another host', { tampered: header('host', () => 'elsewhere.example') }, /Invalid signature/],
    [
      'with another time',
      { tampered: header('x-amz-date', (v) => v.replace(/\dZ$/, (d) => (d === '0Z' ? '1Z' : '0Z'))) },
      /Invalid signature/,
    ],
    ['replayed too late', { skew: -16 * 60_000 }, /Signature expired/],
    ['dated in the future', { skew: 16 * 60_000 }, /Signature not yet current/],
    ["with another certificate's serial number", { serial: '4711' }, /serial number/],
    ['with an unsigned certificate', { unsigned: ['x-amz-x509'] }, /x-amz-x509 must be a signed header/],
    [
      'with an unsigned chain',
      { unsigned: ['x-amz-x509-chain'], chain: [authority] },
      /x-amz-x509-chain must be a signed/,
    ],
    ['in the scope of another service', { service: 'sts' }, /credential scope/],
    [
      'with half a header',
      { tampered: header('authorization', (v) => v.slice(0, 120)) },
      /Invalid Authorization header/,
    ],
    [
      'with a certificate that is none',
      { tampered: header('x-amz-x509', (v) => v.slice(0, 100)) },
      /Invalid X.509 certificate/,
    ],
    [
      "with somebody else's certificate",
      { tampered: header('x-amz-x509', () => issued({ serial: alice.serial }).der.toString('base64')) },
      /Invalid signature/,
    ],
    [
      'with a signature of nothing',
      { tampered: header('authorization', (v) => v.replace(/Signature=.*/, 'Signature=00')) },
      /Invalid signature/,
    ],
  ];
  for (const [what, bad, message] of WRONG) {
    test(`a request ${what}`, () => refused(message, alice, {}, bad));
  }

  test('a request without a signature, and one with a signature of an access key', async () => {
    const { headers, ...rest } = signedRequest(alice, input());
    const { authorization: _, ...unsigned } = headers;
    assert.equal((await cloud.send({ ...rest, headers: unsigned })).status, 403);
    await assert.rejects(cloud.root.rolesanywhere.createSession(input() as t.CreateSessionRequest), {
      name: 'AccessDeniedException',
    });
  });

  test('what is disabled, not there, not in the profile, or elsewhere', async () => {
    const { rolesanywhere } = cloud.root;
    await refused(/Unable to assume role/, alice, { roleArn: `${ROLE}2` });
    const absent = anchor.trustAnchorArn!.replace(/[^/]+$/, '00000000-0000-4000-8000-000000000000');
    assert.equal((await session(alice, { trustAnchorArn: absent })).code, 'ResourceNotFoundException');
    assert.equal((await session(alice, {}, { region: 'eu-west-1' })).code, 'ResourceNotFoundException');
    const foreign = profile.profileArn!.replace(ACCOUNT, '444455556666');
    assert.equal((await session(alice, { profileArn: foreign })).code, 'ResourceNotFoundException');
    await rolesanywhere.disableProfile({ profileId: profile.profileId! });
    await refused(/Profile is disabled/);
    await rolesanywhere.disableTrustAnchor({ trustAnchorId: anchor.trustAnchorId! });
    await refused(/Trust anchor is disabled/);
    assert.equal((await session(alice, { profileArn: undefined })).code, 'ValidationException');
  });

  test('a role of another account cannot even be in a profile', async () => {
    const roleArn = 'arn:aws:iam::444455556666:role/robot';
    const { profileId } = profile;
    await assert.rejects(cloud.root.rolesanywhere.updateProfile({ profileId: profileId!, roleArns: [roleArn] }), {
      name: 'AccessDeniedException',
    });
    await refused(/Unable to assume role/, alice, { roleArn });
  });
});
