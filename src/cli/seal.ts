/** `gatehouse seal`: how the plane's root key is sealed, and sealing it anew. It works on the data folder, not on a plane. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writePrivate } from '../core/privateFiles.ts';
import {
  type Opener,
  openerOf,
  openSeal,
  ROOT_KEY_FILE,
  rootKeyId,
  SealError,
  type SealSettings,
  sealed,
  sealIn,
} from '../core/seal.ts';
import { parsed, told, UsageError } from './plane.ts';

const HELP = `Usage: npx gatehouse seal status [OPTION…]
       npx gatehouse seal rotate [OPTION…] [--new-… | --none] [--new-root-key]

status   how root.key is sealed, and whether what you give opens it (exit code 0; 1 if it does not)
rotate   opens root.key and seals it anew: by the same means with fresh salt, or by what --new-… says. All that the
         plane holds stays readable; a plane that runs goes on. Interrupted at any moment, the old seal holds or the
         new one.

  --data DIR                    folder of the plane (.gatehouse, or GATEHOUSE_DATA)
  --json                        a JSON object instead of lines
What opens the seal:
  --seal-passphrase-file FILE   or the variable GATEHOUSE_SEAL_PASSPHRASE
  --seal-key-file FILE          32 bytes in base 64
  --seal-module FILE --seal-token LABEL   a PKCS #11 token, with --seal-pin-file FILE or GATEHOUSE_SEAL_PIN
What it is to be opened with from now on:
  --new-passphrase-file FILE    or the variable GATEHOUSE_NEW_SEAL_PASSPHRASE
  --new-key-file FILE           made if it is not there
  --new-module FILE --new-token LABEL     with --new-pin-file FILE or GATEHOUSE_NEW_SEAL_PIN
  --none                        nothing: the root key lies in the file in clear
  --new-root-key                also a new root key, for all that is sealed after the next start; the old one is kept
                                for what is there`;

const text = { type: 'string' } as const;
const OPTIONS = {
  data: text,
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  none: { type: 'boolean' },
  'new-root-key': { type: 'boolean' },
  'seal-passphrase-file': text,
  'seal-key-file': text,
  'seal-module': text,
  'seal-token': text,
  'seal-pin-file': text,
  'new-passphrase-file': text,
  'new-key-file': text,
  'new-module': text,
  'new-token': text,
  'new-pin-file': text,
} as const;

type Values = {
  readonly [K in keyof typeof OPTIONS]?: (typeof OPTIONS)[K]['type'] extends 'string' ? string : boolean;
};

const ACTIONS: Readonly<Record<string, (values: Values) => Promise<Told>>> = { status, rotate };

/** Lines for people, the same as JSON, and the exit code. */
interface Told {
  readonly code: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

export function seal(args: readonly string[], out: (line: string) => void): Promise<number> {
  return told(async () => {
    const { values, positionals } = parsed({ args: [...args], options: OPTIONS, allowPositionals: true });
    if (values.help) {
      out(HELP);
      return 0;
    }
    const [name = '', ...rest] = positionals;
    const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (!action || rest.length > 0) throw new UsageError('seal status or seal rotate? --help tells more.');
    const { code, facts } = await action(values as Values);
    if (values.json) out(JSON.stringify(facts));
    else for (const [fact, value] of Object.entries(facts)) out(`${fact.padEnd(12)} ${value}`);
    return code;
  });
}

const folderOf = ({ data }: Values) => data ?? process.env.GATEHOUSE_DATA ?? '.gatehouse';

function textOf(values: Values): string {
  const file = join(folderOf(values), ROOT_KEY_FILE);
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read. Was a plane ever started there? Use --data.`);
  }
}

const { GATEHOUSE_SEAL_PASSPHRASE, GATEHOUSE_SEAL_PIN, GATEHOUSE_NEW_SEAL_PASSPHRASE, GATEHOUSE_NEW_SEAL_PIN } =
  process.env;

const present = (settings: SealSettings): Opener => {
  try {
    return openerOf(settings);
  } catch (error) {
    throw error instanceof SealError ? new UsageError(error.message) : error;
  }
};

const currentOpener = (values: Values): Opener =>
  present({
    passphrase: GATEHOUSE_SEAL_PASSPHRASE || undefined,
    passphraseFile: values['seal-passphrase-file'],
    keyFile: values['seal-key-file'],
    module: values['seal-module'],
    token: values['seal-token'],
    pin: GATEHOUSE_SEAL_PIN || undefined,
    pinFile: values['seal-pin-file'],
  });

async function status(values: Values): Promise<Told> {
  const held = sealIn(textOf(values));
  const facts: Record<string, string | number | boolean> = { seal: held.kind };
  if (held.kind === 'none') facts.rootKeyId = rootKeyId(held.keys[0]!);
  else facts.rootKeyId = held.rootKeyId;
  if (held.kind !== 'none' && held.argon2id) {
    const { memoryKib, passes, parallelism } = held.argon2id;
    facts.argon2id = `${memoryKib} KiB, ${passes} passes, ${parallelism} lanes`;
  }
  try {
    facts.rootKeys = (await openSeal(held, currentOpener(values))).length;
    return { code: 0, facts: { ...facts, opens: true } };
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return { code: 1, facts: { ...facts, opens: false, why: error.message } };
  }
}

async function rotate(values: Values): Promise<Told> {
  const opener = currentOpener(values);
  const before = textOf(values);
  const keys = await openSeal(sealIn(before), opener);
  const next = nextOpener(values, opener);
  const ring = values['new-root-key'] ? [randomBytes(32), ...keys] : keys;
  const file = await sealed(ring, next, randomBytes);
  // What cannot be opened again must not replace what can.
  const again = await openSeal(sealIn(file), next);
  if (again.length !== ring.length || !again.every((key, i) => Buffer.from(key).equals(ring[i]!))) {
    throw new Error('The new seal does not open; the old one was left as it is.');
  }
  // Somebody else's new root key must not be lost, nor what is sealed under it.
  if (textOf(values) !== before) throw new UsageError('root.key has changed meanwhile: it was left as it is.');
  writePrivate(folderOf(values), ROOT_KEY_FILE, file);
  return { code: 0, facts: { seal: next.kind, rootKeyId: rootKeyId(ring[0]!), rootKeys: ring.length, opens: true } };
}

function nextOpener(values: Values, opener: Opener): Opener {
  const keyFile = values['new-key-file'];
  if (keyFile !== undefined && !existsSync(keyFile)) {
    writePrivate(dirname(keyFile), basename(keyFile), `${randomBytes(32).toString('base64')}\n`);
  }
  const next = present({
    passphrase: GATEHOUSE_NEW_SEAL_PASSPHRASE || undefined,
    passphraseFile: values['new-passphrase-file'],
    keyFile,
    module: values['new-module'],
    token: values['new-token'],
    pin: GATEHOUSE_NEW_SEAL_PIN || undefined,
    pinFile: values['new-pin-file'],
  });
  if (values.none && next.kind !== 'none') throw new UsageError('--none goes with no other new seal.');
  if (next.kind === 'none' && !values.none) return opener;
  return next;
}
