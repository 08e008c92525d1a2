/** A plane with many KMS keys, written straight into its store. */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../src/core/context.ts';
import { uuid } from '../src/core/ids.ts';
import { secretsUnder } from '../src/core/secrets.ts';
import { attributesOf } from '../src/gateway/record.ts';
import { begin } from '../src/identity/genesis.ts';
import { defaultPolicy } from '../src/services/kms/defaultPolicy.ts';
import { type Key, keys } from '../src/services/kms/keys.ts';
import { type Material, materialOf, materials } from '../src/services/kms/materials.ts';
import { openStore } from '../src/store/open.ts';

const ACCOUNT = '000000000001';
const REGION = 'us-east-1';
const BATCH = 2000;
const SAMPLE = 20_000;

interface RootKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Returns the ids of some of the keys, spread over all. */
export async function fillKeys(data: string, count: number, root: RootKey): Promise<string[]> {
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const rootKey = randomBytes(32);
  mkdirSync(data, { recursive: true, mode: 0o700 });
  writeFileSync(join(data, 'root.key'), rootKey.toString('base64'), { mode: 0o600 });
  const options = { attributes: attributesOf, followers: [], log: console.error };
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, options);
  const now = new Date();
  const secrets = secretsUnder(rootKey);
  const first = { id: root.accessKeyId, secret: root.secretAccessKey };
  await begin(store, { accountId: ACCOUNT, now, random, secrets, rootKey: first });
  const ids: string[] = [];
  const every = Math.max(1, Math.floor(count / SAMPLE));
  for (let at = 0; at < count; at += BATCH) {
    await store.transaction(async (tx) => {
      for (let i = at; i < Math.min(count, at + BATCH); i++) {
        const { key, material } = newKey({ random, secrets, now });
        await tx.insert(keys, key);
        await tx.insert(materials, material);
        if (i % every === 0) ids.push(key.id);
      }
    });
  }
  await store.close();
  return ids;
}

function newKey(by: Pick<Context, 'random' | 'secrets' | 'now'>): { key: Key; material: Material } {
  const owner = { account: ACCOUNT, region: REGION, id: uuid(by), spec: 'SYMMETRIC_DEFAULT' };
  const material = materialOf(by as Context, owner, by.random(32), { sequence: 0 });
  const key: Key = {
    ...owner,
    created: by.now.toISOString(),
    description: '',
    usage: 'ENCRYPT_DECRYPT',
    origin: 'AWS_KMS',
    manager: 'CUSTOMER',
    enabled: true,
    policy: defaultPolicy(ACCOUNT),
    tags: [],
    aliases: [],
    material: { backing: material.backing, id: material.id },
    generations: 1,
    rotationsOnDemand: 0,
  };
  return { key, material };
}
