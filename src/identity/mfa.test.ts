import assert from 'node:assert/strict';
import { test } from 'node:test';
import { totp } from './mfa.ts';

test('totp gives the codes of RFC 6238, appendix B, cut to six digits', () => {
  const seed = Buffer.from('12345678901234567890');
  const vectors: [seconds: number, code: string][] = [
    [59, '287082'],
    [1111111109, '081804'],
    [1111111111, '050471'],
    [1234567890, '005924'],
    [2000000000, '279037'],
    [20000000000, '353130'],
  ];
  for (const [seconds, code] of vectors) assert.equal(totp(seed, Math.floor(seconds / 30)), code);
});
