import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { certificate, revocationList } from './certificates.fixture.ts';
import { parseCertificate } from './certificates.ts';
import { MalformedDer, parseDer, sequenceOf } from './der.ts';
import { trustedPath } from './paths.ts';
import { isIssuedBy, parseRevocationList } from './revocation.ts';

const authority = certificate({});
const leaf = certificate({ by: authority, subject: [['CN', 'Alice']], dns: ['a.example'], directory: [['CN', 'A']] });
const list = revocationList(authority, [leaf]);
const trust = { anchors: [parseCertificate(authority.der)], intermediates: [], lists: [], now: Date.UTC(2030, 0, 1) };

/** Bytes with one of them changed. */
const changed = (bytes: Buffer) =>
  fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 })).map(([at, by]) => {
    const other = Buffer.from(bytes);
    other[at]! ^= by;
    return other;
  });

function orMalformed<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof MalformedDer, String(error));
    return undefined;
  }
}

test('a certificate is trusted as it was issued, and with no byte of it changed', () => {
  assert.equal(trustedPath(parseCertificate(leaf.der), trust).length, 1);
  fc.assert(
    fc.property(changed(leaf.der), (der) => {
      const read = orMalformed(() => parseCertificate(der));
      if (read) assert.equal(typeof (orMalformed(() => trustedPath(read, trust)) ?? 'malformed'), 'string');
    }),
    { numRuns: 2000 },
  );
});

test('a revocation list is its issuer’s, and with no byte of it changed', () => {
  const [issuer] = trust.anchors;
  assert.ok(isIssuedBy(parseRevocationList(list), issuer!));
  fc.assert(
    fc.property(changed(list), (der) => {
      const read = orMalformed(() => parseRevocationList(der));
      if (read) assert.ok(!orMalformed(() => isIssuedBy(read, issuer!)));
    }),
    { numRuns: 1000 },
  );
});

test('bytes of strangers are read or malformed, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      orMalformed(() => parseCertificate(Buffer.from(bytes)));
      orMalformed(() => parseRevocationList(Buffer.from(bytes)));
    }),
    { numRuns: 2000 },
  );
});

test('lengths are definite, shortest, and within what is there', () => {
  for (const hex of [
    '',
    '30',
    '3080',
    '308000',
    '30810100',
    '3082000100',
    '30050201',
    '3084ffffffff',
    '3f0100',
    '300000',
  ]) {
    assert.throws(() => sequenceOf(parseDer(Buffer.from(hex, 'hex'))), MalformedDer, hex);
  }
});
