/** A plane with many users and a long journal, written straight into its store. */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueId, uuid } from '../src/core/ids.ts';
import { secretsUnder } from '../src/core/secrets.ts';
import { attributesOf } from '../src/gateway/record.ts';
import { begin } from '../src/identity/genesis.ts';
import { users } from '../src/identity/principals.ts';
import { openStore } from '../src/store/open.ts';

interface Filling {
  readonly users: number;
  readonly records: number;
  readonly rootKey: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

const ACCOUNT = '000000000001';
const BATCH = 1000;

export async function fill(data: string, { users: userCount, records, rootKey }: Filling): Promise<void> {
  const random = (bytes: number) => new Uint8Array(randomBytes(bytes));
  const key = randomBytes(32);
  writeFileSync(join(data, 'root.key'), key.toString('base64'), { mode: 0o600 });
  const store = await openStore(`sqlite:${join(data, 'gatehouse.db')}`, {
    attributes: attributesOf,
    followers: [],
    log: console.error,
  });
  const now = new Date();
  const root = { id: rootKey.accessKeyId, secret: rootKey.secretAccessKey };
  await begin(store, { accountId: ACCOUNT, now, random, secrets: secretsUnder(key), rootKey: root });
  for (let at = 0; at < userCount; at += BATCH) {
    await store.transaction(async (tx) => {
      for (let i = at; i < Math.min(userCount, at + BATCH); i++) {
        const row = { account: ACCOUNT, name: `filled-${i}`, path: '/', id: uniqueId('AIDA', { random, now }) };
        await tx.insert(users, { ...row, created: now.toISOString(), tags: [], groups: [], attached: [], inline: {} });
      }
    });
  }
  for (let at = 0; at < records; at += BATCH) {
    await store.transaction(async (tx) => {
      for (let i = at; i < Math.min(records, at + BATCH); i++)
        tx.append(recordOf(uuid({ random }), now.getTime() - records + i));
    });
  }
  await store.journal.catchUp();
  await store.close();
}

function recordOf(id: string, time: number) {
  const body = JSON.stringify({
    eventVersion: '1.11',
    userIdentity: { type: 'Root', principalId: ACCOUNT, arn: `arn:aws:iam::${ACCOUNT}:root`, accountId: ACCOUNT },
    eventTime: new Date(time).toISOString(),
    eventSource: 'iam.amazonaws.com',
    eventName: 'GetUser',
    awsRegion: 'us-east-1',
    requestID: id,
    eventID: id,
    readOnly: true,
    userAgent: 'x'.repeat(400),
  });
  return { id, kind: 'api', account: ACCOUNT, region: 'us-east-1', time, body };
}
