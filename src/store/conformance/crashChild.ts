/**
 * A process to be killed: writes without end, and says on stdout what has been acknowledged. Each write set makes two
 * rows, changes a third, and tells the journal; `node crashChild.ts URL FIRST`.
 */
import { writeSync } from 'node:fs';
import { openStore } from '../open.ts';
import { entry, storeOptions, user, users } from './fixtures.ts';

const [, , url = '', first = '0'] = process.argv;
const store = await openStore(url, storeOptions);
let next = Number(first);
await Promise.all(Array.from({ length: 16 }, write));

async function write(): Promise<void> {
  for (;;) {
    const number = next++;
    await store.transaction(async (tx) => {
      await tx.insert(users, user(`left-${number}`, { path: '/left/' }));
      await tx.insert(users, user(`right-${number}`, { path: '/right/' }));
      await tx.replace(users, user(`slot-${number % 16}`, { age: number }));
      tx.append(entry(number));
    });
    writeSync(1, `${number}\n`);
  }
}
