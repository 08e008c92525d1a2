/** What the commands over an imported account have in common: the folder, the question, tables on a terminal. */
import { factsDate, isKnownAction } from '../shadow/actions.ts';
import { hasShadow, openShadow, type Store } from '../shadow/open.ts';
import { type World, worldOf } from '../shadow/world.ts';
import { UsageError } from './plane.ts';

export type Out = (line: string) => void;

export const SHADOW_OPTIONS = {
  data: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

export const SHADOW_HELP = `  --json           the facts as JSON
  --data DIR       folder that the import went to (.gatehouse, or GATEHOUSE_DATA)`;

/** Text of strangers without what would move a terminal's cursor; lines stay lines. */
export const plainly =
  (out: Out): Out =>
  (line) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    out(line.replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '\ufffd'));

/** Runs over the shadow organization, which is closed whatever happens; only an import makes it. */
export async function withShadow<T>(
  data: string | undefined,
  work: (store: Store) => Promise<T>,
  { made = false } = {},
): Promise<T> {
  const folder = data ?? process.env.GATEHOUSE_DATA ?? '.gatehouse';
  if (!made && !hasShadow(folder)) throw new UsageError(NOTHING);
  const store = await openShadow(folder);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Everything that was imported; a file that was not loaded to its end is named on stderr. */
export async function populated(store: Store): Promise<World> {
  const world = await worldOf(store);
  for (const file of world.unfinished) {
    console.error(
      `gatehouse: the import of ${file} was cut short, nothing of it is counted: import it again to go on.`,
    );
  }
  if (world.accounts.length > 0) return world;
  throw new UsageError(NOTHING);
}

const NOTHING = 'Nothing was imported yet: see gatehouse import account --help.';

/** Columns as wide as they need to be; the last one runs on. */
export function printTable(header: readonly string[], rows: readonly (readonly string[])[], out: Out): void {
  const widths = header.map((name, i) => Math.max(name.length, ...rows.map((row) => (row[i] ?? '').length)));
  for (const row of [header, ...rows]) {
    out(
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    );
  }
}

/** Context keys of `--context key=value`; a key given several times has several values. */
export function contextIn(pairs: readonly string[] = []): Record<string, string | string[]> {
  const context: Record<string, string | string[]> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    if (at <= 0) throw new UsageError(`--context takes key=value, not ${pair}`);
    const [key, value] = [pair.slice(0, at), pair.slice(at + 1)];
    const before = context[key];
    context[key] = before === undefined ? value : [before, value].flat();
  }
  return context;
}

/** One action, spelt as policies spell it. An action that we do not know of may be newer than our facts. */
export function checkAction(action: string): void {
  if (!/^[a-z0-9-]+:[A-Za-z0-9]+$/i.test(action))
    throw new UsageError(`${action} is not one action such as s3:GetObject.`);
  if (!isKnownAction(action)) console.error(`gatehouse: AWS knew no action ${action} on ${factsDate()}.`);
}
