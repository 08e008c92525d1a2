/** The plane's own journal as a trail. The plane must not be running: its store is for one process. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../store/open.ts';
import { InputError } from './inputs.ts';
import type { Judge } from './judge.ts';
import { replayTexts } from './replay.ts';
import type { Summary } from './summary.ts';

const batch = 1000;

/** Replays the CloudTrail records of the plane in this folder, in order. Throws InputError. */
export async function replayJournal(folder: string, judge: Judge, summary: Summary): Promise<void> {
  const file = join(folder, 'gatehouse.db');
  if (!existsSync(file)) throw new InputError(`${file} is not there: --journal takes the folder of a plane's data`);
  const store = await openStore(`sqlite:${file}`, {
    // Nothing may be written behind here: the attributes are the plane's to know.
    attributes: () => {
      throw new InputError('This store is open for reading only');
    },
    followers: [],
    log: () => {},
  });
  summary.files++;
  try {
    for (let after = 0; ; ) {
      const rows = await store.journal.read(after, batch);
      const last = rows.at(-1);
      if (!last) break;
      replayTexts(
        rows.filter(({ kind }) => kind === 'api').map(({ body }) => body),
        file,
        judge,
        summary,
      );
      after = last.sequence;
    }
  } finally {
    await store.close();
  }
}
