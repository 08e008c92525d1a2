/** A thread that makes RSA keys, one after another, when the machine has nothing better to do; see rsaKeys.ts. */
import { generateKeyPairSync } from 'node:crypto';
import { platform, setPriority } from 'node:os';
import { parentPort } from 'node:worker_threads';

/** Of ten shares of a busy core, one. Only on Linux does a thread have a priority of its own. */
const NICE = 10;
if (platform() === 'linux') setPriority(NICE);

parentPort?.on('message', (bits: number) => {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: bits,
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
    publicKeyEncoding: { type: 'spki', format: 'der' },
  });
  const key = new Uint8Array(privateKey);
  privateKey.fill(0);
  parentPort?.postMessage({ bits, key }, [key.buffer]);
});
