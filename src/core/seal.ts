/**
 * The plane's root key at rest. `root.key` in the data folder holds it in clear, or sealed: under a passphrase
 * (argon2id), under a key that lies in a file somewhere else, or by a key that never leaves a PKCS #11 token.
 *
 * A sealed file is JSON: what it takes to open it, and the root keys under AES-256-GCM with all of the rest
 * authenticated. It holds the newest root key first; older ones stay for what was sealed under them.
 */
import { argon2, createCipheriv, createDecipheriv, createHash, hash, hkdfSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { HsmError, hsmAt } from './hsm.ts';
import type { TokenAddress } from './keyStores.ts';

export const ROOT_KEY_FILE = 'root.key';
const KEY_BYTES = 32;
const KEYS_MAX = 1000;

/** What an operator opens the seal with. A secret that is asked for and not there is undefined. */
export type Opener =
  | { readonly kind: 'none' }
  | { readonly kind: 'passphrase'; readonly passphrase: string | undefined }
  | { readonly kind: 'key-file'; readonly key: Uint8Array | undefined }
  | { readonly kind: 'token'; readonly address: TokenAddress; readonly pin: string | undefined };

/** `missing`: the plane can start, and stays sealed. The message is a sentence for the operator. */
export class SealError extends Error {
  readonly why: 'missing' | 'wrong' | 'broken';
  constructor(why: SealError['why'], message: string) {
    super(message);
    this.why = why;
  }
}

/** Root keys as they lie in the file. */
export type Seal = { readonly kind: 'none'; readonly keys: readonly Uint8Array[] } | SealedKeys;

interface SealedKeys {
  readonly gatehouse: 1;
  readonly kind: 'passphrase' | 'key-file' | 'token';
  /** Name of the newest root key: says which it is, and nothing of it. */
  readonly rootKeyId: string;
  readonly argon2id?: { readonly memoryKib: number; readonly passes: number; readonly parallelism: number };
  /** Base 64: the salt of a passphrase or of a key file. */
  readonly salt?: string;
  /** Hexadecimal CKA_ID of the key in the token. */
  readonly tokenKey?: string;
  /** Base 64. */
  readonly nonce: string;
  /** Base 64: the root keys, and the tag. */
  readonly sealed: string;
}

export const rootKeyId = (key: Uint8Array) =>
  hash('sha256', Buffer.concat([Buffer.from('root key id'), key]), 'hex').slice(0, 16);

/** Throws SealError `broken`. */
export function sealIn(text: string): Seal {
  if (!text.trimStart().startsWith('{')) return { kind: 'none', keys: keysIn(Buffer.from(text.trim(), 'base64')) };
  try {
    const seal = JSON.parse(text) as SealedKeys;
    if (seal.gatehouse === 1 && Object.hasOwn(KEYS, seal.kind) && seal.nonce && seal.sealed) return seal;
  } catch {
    // As any other text that is no seal.
  }
  throw broken();
}

const broken = () =>
  new SealError('broken', `${ROOT_KEY_FILE} is neither a key of 32 bytes in base 64 nor sealed by us.`);

function keysIn(bytes: Buffer): Uint8Array[] {
  const count = bytes.length / KEY_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > KEYS_MAX) throw broken();
  return Array.from({ length: count }, (_, i) => new Uint8Array(bytes.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)));
}

/** The root keys, the newest first. Throws SealError. */
export async function openSeal(seal: Seal, opener: Opener): Promise<readonly Uint8Array[]> {
  if (seal.kind === 'none') return seal.keys;
  if (opener.kind === 'none') throw new SealError('missing', `${ROOT_KEY_FILE} is sealed: ${NEEDS[seal.kind]}.`);
  if (opener.kind !== seal.kind) {
    throw new SealError('wrong', `${ROOT_KEY_FILE} is sealed by another means: ${NEEDS[seal.kind]}.`);
  }
  const plain = await KEYS[seal.kind].open(seal, opener as never);
  if (!plain) throw new SealError('wrong', `${ROOT_KEY_FILE} does not open: ${WRONG[seal.kind]}.`);
  const keys = keysIn(plain);
  plain.fill(0);
  return keys;
}

/** The text of the file. Throws SealError where a secret is missing or a token does not do it. */
export async function sealed(
  keys: readonly Uint8Array[],
  opener: Opener,
  random: (bytes: number) => Uint8Array,
): Promise<string> {
  if (opener.kind === 'none') return `${Buffer.concat(keys).toString('base64')}\n`;
  const seal = await KEYS[opener.kind].seal(keys, opener as never, random);
  return `${JSON.stringify(seal, null, 2)}\n`;
}

const NEEDS: Readonly<Record<SealedKeys['kind'], string>> = {
  passphrase: 'set GATEHOUSE_SEAL_PASSPHRASE, or use --seal-passphrase-file',
  'key-file': 'use --seal-key-file',
  token: 'use --seal-module and --seal-token, with GATEHOUSE_SEAL_PIN or --seal-pin-file',
};

const WRONG: Readonly<Record<SealedKeys['kind'], string>> = {
  passphrase: 'the passphrase is another one, or the file was changed',
  'key-file': 'the key file holds another key, or the file was changed',
  token: 'the key in the token is another one, or the file was changed',
};

/** How a kind of seal is made and opened. */
interface SealKind<O extends Opener> {
  readonly seal: (keys: readonly Uint8Array[], opener: O, random: (bytes: number) => Uint8Array) => Promise<SealedKeys>;
  /** Undefined if it does not open. */
  readonly open: (seal: SealedKeys, opener: O) => Promise<Buffer | undefined>;
}

/** https://www.rfc-editor.org/rfc/rfc9106 section 4, the second recommended option. */
const ARGON2ID = { memoryKib: 65_536, passes: 3, parallelism: 4 } as const;
const MEMORY_KIB_MAX = 4_194_304;
const derive = promisify(argon2) as (algorithm: string, parameters: object) => Promise<Buffer>;

type Head = Omit<SealedKeys, 'sealed'>;

const passphrase: SealKind<Extract<Opener, { kind: 'passphrase' }>> = {
  async seal(keys, opener, random) {
    const head: Head = {
      ...{ gatehouse: 1, kind: 'passphrase', rootKeyId: rootKeyId(keys[0]!), argon2id: ARGON2ID },
      ...{ salt: base64(random(16)), nonce: base64(random(12)) },
    };
    return under(await passphraseKey(head, opener.passphrase), head, keys);
  },
  open: async (seal, opener) => openedUnder(await passphraseKey(seal, opener.passphrase), seal),
};

function passphraseKey({ argon2id, salt }: Head, text: string | undefined): Promise<Buffer> {
  if (text === undefined || text === '')
    throw new SealError('missing', `The passphrase is missing: ${NEEDS.passphrase}.`);
  const { memoryKib = 0, passes = 0, parallelism = 0 } = argon2id ?? {};
  const isSound = memoryKib >= 8 * parallelism && memoryKib <= MEMORY_KIB_MAX && passes >= 1 && parallelism >= 1;
  if (!isSound || salt === undefined) throw broken();
  return derive('argon2id', {
    message: Buffer.from(text.normalize('NFKC')),
    nonce: Buffer.from(salt, 'base64'),
    memory: memoryKib,
    passes,
    parallelism,
    tagLength: KEY_BYTES,
  });
}

const keyFile: SealKind<Extract<Opener, { kind: 'key-file' }>> = {
  async seal(keys, { key }, random) {
    const head: Head = {
      ...{ gatehouse: 1, kind: 'key-file', rootKeyId: rootKeyId(keys[0]!) },
      ...{ salt: base64(random(16)), nonce: base64(random(12)) },
    };
    return under(fileKey(head, key), head, keys);
  },
  open: async (seal, { key }) => openedUnder(fileKey(seal, key), seal),
};

function fileKey({ salt = '' }: Head, key: Uint8Array | undefined): Buffer {
  if (!key) throw new SealError('missing', `The key file is missing: ${NEEDS['key-file']}.`);
  return Buffer.from(hkdfSync('sha256', key, Buffer.from(salt, 'base64'), 'gatehouse/seal', KEY_BYTES));
}

const TOKEN_KEY_LABEL = 'gatehouse root key';

const token: SealKind<Extract<Opener, { kind: 'token' }>> = {
  async seal(keys, opener, random) {
    const head: Head = {
      ...{ gatehouse: 1, kind: 'token', rootKeyId: rootKeyId(keys[0]!) },
      ...{ tokenKey: Buffer.from(random(16)).toString('hex'), nonce: base64(random(16)) },
    };
    const nonce = Buffer.from(head.nonce, 'base64');
    return inToken(opener, async (hsm) => {
      await hsm.make(head.tokenKey!, TOKEN_KEY_LABEL);
      const bytes = await hsm.seal(head.tokenKey!, nonce, authenticated(head), Buffer.concat(keys));
      return { ...head, sealed: base64(bytes) };
    });
  },
  open: (seal, opener) =>
    inToken(opener, async (hsm) => {
      const nonce = Buffer.from(seal.nonce, 'base64');
      const plain = await hsm.open(seal.tokenKey ?? '', nonce, authenticated(seal), Buffer.from(seal.sealed, 'base64'));
      return plain && Buffer.from(plain);
    }),
};

async function inToken<T>(
  { address, pin }: Extract<Opener, { kind: 'token' }>,
  work: (hsm: ReturnType<typeof hsmAt>) => Promise<T>,
): Promise<T> {
  if (pin === undefined) throw new SealError('missing', `The PIN of the token is missing: ${NEEDS.token}.`);
  try {
    return await work(hsmAt(address, pin));
  } catch (error) {
    if (error instanceof HsmError)
      throw new SealError('wrong', `The token ${address.token} does not serve: ${error.message}`);
    throw error;
  }
}

const KEYS: { readonly [K in SealedKeys['kind']]: SealKind<Extract<Opener, { kind: K }>> } = {
  passphrase,
  'key-file': keyFile,
  token,
};

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

/** All that the file says beside what is sealed in it. */
function authenticated(seal: Head & { readonly sealed?: string }): Buffer {
  const { gatehouse, kind, rootKeyId: id, argon2id, salt, tokenKey, nonce } = seal;
  const cost = argon2id && [argon2id.memoryKib, argon2id.passes, argon2id.parallelism];
  return createHash('sha256')
    .update(JSON.stringify([gatehouse, kind, id, cost, salt, tokenKey, nonce]))
    .digest();
}

function under(key: Buffer, head: Head, keys: readonly Uint8Array[]): SealedKeys {
  const cipher = createCipheriv('aes-256-gcm', key, Buffer.from(head.nonce, 'base64')).setAAD(authenticated(head));
  const bytes = Buffer.concat([...keys.map((each) => cipher.update(each)), cipher.final(), cipher.getAuthTag()]);
  key.fill(0);
  return { ...head, sealed: base64(bytes) };
}

const TAG_BYTES = 16;

function openedUnder(key: Buffer, seal: SealedKeys): Buffer | undefined {
  const bytes = Buffer.from(seal.sealed, 'base64');
  if (bytes.length <= TAG_BYTES) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(seal.nonce, 'base64'));
    decipher.setAAD(authenticated(seal)).setAuthTag(bytes.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  } finally {
    key.fill(0);
  }
}

/** The settings that say how the seal is opened; passphrase and PIN come from the environment or from files. */
export interface SealSettings {
  readonly passphrase?: string | undefined;
  readonly passphraseFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly module?: string | undefined;
  readonly token?: string | undefined;
  readonly pin?: string | undefined;
  readonly pinFile?: string | undefined;
}

/** Throws SealError for settings that do not go together. A file that is not there is a secret that is missing. */
export function openerOf(settings: SealSettings): Opener {
  const { passphrase: text, passphraseFile, keyFile: file, module, token: label, pin, pinFile } = settings;
  const kinds = [text ?? passphraseFile, file, module ?? label ?? pin ?? pinFile].filter(
    (given) => given !== undefined,
  );
  if (kinds.length > 1) throw new SealError('wrong', 'Choose one seal: a passphrase, a key file or a token.');
  if ((text ?? passphraseFile) !== undefined)
    return { kind: 'passphrase', passphrase: text ?? lineIn(passphraseFile!) };
  if (file !== undefined) return { kind: 'key-file', key: keyIn(file) };
  if (kinds.length === 0) return { kind: 'none' };
  if (module === undefined || label === undefined) {
    throw new SealError('wrong', '--seal-module and --seal-token must be given together.');
  }
  return { kind: 'token', address: { module, token: label }, pin: pin ?? (pinFile && lineIn(pinFile)) };
}

/** The file's text without the end of its last line. */
function lineIn(file: string): string | undefined {
  return textIn(file)?.replace(/\r?\n$/, '');
}

function keyIn(file: string): Uint8Array | undefined {
  const text = textIn(file);
  if (text === undefined) return undefined;
  const key = Buffer.from(text.trim(), 'base64');
  if (key.length !== KEY_BYTES) throw new SealError('wrong', `${file} must hold 32 bytes in base 64.`);
  return key;
}

function textIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new SealError('wrong', `${file} cannot be read: ${code}.`);
  }
}
