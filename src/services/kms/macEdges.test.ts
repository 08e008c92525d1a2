/** HMAC: only the whole tag verifies. */
import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { importedKey } from '../../testing/importedKeys.ts';
import { refusal } from '../../testing/rejected.ts';
import { message, verifying } from './signatures.fixture.ts';

const { kms } = await verifying();

test('HMAC: only the whole tag of the right key and algorithm verifies', async () => {
  for (const bits of [224, 256, 384, 512] as const) {
    const key = randomBytes(bits === 512 ? 128 : 64);
    const KeyId = await importedKey(kms, `HMAC_${bits}`, 'GENERATE_VERIFY_MAC', key);
    const MacAlgorithm = `HMAC_SHA_${bits}` as const;
    for (const Message of [Buffer.alloc(1), message, Buffer.alloc(4096, 7)]) {
      const mac = createHmac(`sha${bits}`, key).update(Message).digest();
      const made = await kms.generateMac({ KeyId, Message, MacAlgorithm });
      assert.deepEqual(Buffer.from(made.Mac!), mac);
      const wrong = [
        mac.subarray(0, -1),
        mac.subarray(0, 16),
        Buffer.concat([mac, Buffer.alloc(1)]),
        Buffer.alloc(mac.length),
      ];
      for (let bit = 0; bit < mac.length * 8; bit += 7) {
        const flipped = Buffer.from(mac);
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        wrong.push(flipped);
      }
      for (const Mac of wrong)
        await refusal(kms.verifyMac({ KeyId, Message, MacAlgorithm, Mac }), 'KMSInvalidMacException');
    }
    const other = bits === 256 ? 'HMAC_SHA_512' : 'HMAC_SHA_256';
    await refusal(kms.generateMac({ KeyId, Message: message, MacAlgorithm: other }), 'InvalidKeyUsageException');
  }
});
