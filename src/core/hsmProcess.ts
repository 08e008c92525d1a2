/**
 * The process that PKCS #11 modules run in, so that what a vendor's library does when it stalls or crashes happens to
 * nobody else. It takes one question at a time from hsm.ts and keeps a session for each token.
 */
import { createHash } from 'node:crypto';
import type { PKCS11, Template } from 'pkcs11js';
import type { HsmFailure, HsmQuestion } from './hsm.ts';
import type { TokenAddress } from './keyStores.ts';

type Library = typeof import('pkcs11js');

interface Session {
  readonly handle: Buffer;
  /** Whose login it is. */
  readonly pin: string;
  readonly keys: Map<string, Buffer>;
}

class Failure extends Error {
  readonly why: HsmFailure;
  constructor(why: HsmFailure, message: string) {
    super(message);
    this.why = why;
  }
}

const modules = new Map<string, PKCS11>();
const sessions = new Map<string, Session>();
/** PINs that a token has refused: trying them again would lock it. */
const refused = new Set<string>();
let library: Library;

const digestOf = (text: string) => createHash('sha256').update(text).digest('base64');

/** PKCS #11 return values: https://docs.oasis-open.org/pkcs11/pkcs11-base/v2.40/pkcs11-base-v2.40.html */
const LOGIN_FAILURES: Readonly<Record<number, HsmFailure>> = {
  160: 'WRONG_PIN', // PIN_INCORRECT
  161: 'WRONG_PIN', // PIN_INVALID
  162: 'WRONG_PIN', // PIN_LEN_RANGE
  163: 'LOCKED', // PIN_EXPIRED
  164: 'LOCKED', // PIN_LOCKED
  258: 'NO_USER', // USER_PIN_NOT_INITIALIZED
  259: 'NO_USER', // USER_TYPE_INVALID
};
/** DEVICE_ERROR, DEVICE_MEMORY, DEVICE_REMOVED, SESSION_CLOSED, SESSION_HANDLE_INVALID, TOKEN_NOT_PRESENT … */
const LOST = new Set([48, 49, 50, 176, 179, 224, 225, 257]);
/** KEY_HANDLE_INVALID, OBJECT_HANDLE_INVALID */
const GONE = new Set([96, 130]);

const codeOf = (error: unknown) => (error as { code?: number }).code ?? -1;

function moduleAt(file: string): PKCS11 {
  const known = modules.get(file);
  if (known) return known;
  const module = new library.PKCS11();
  try {
    module.load(file);
    module.C_Initialize();
  } catch (error) {
    throw new Failure('NO_MODULE', `${file}: ${(error as Error).message}`);
  }
  modules.set(file, module);
  return module;
}

function sessionOf(module: PKCS11, { address, pin }: HsmQuestion): Session {
  const name = `${address.module} ${address.token}`;
  const known = sessions.get(name);
  const by = digestOf(`${name} ${pin}`);
  if (known?.pin === by) return known;
  if (refused.has(by)) throw new Failure('WRONG_PIN', 'The token has refused this PIN.');
  if (known) close(module, name, known);
  const handle = opened(module, address);
  try {
    module.C_Login(handle, library.CKU_USER, pin);
  } catch (error) {
    module.C_CloseSession(handle);
    const why = LOGIN_FAILURES[codeOf(error)] ?? 'FAILED';
    if (why === 'WRONG_PIN') refused.add(by);
    throw new Failure(why, (error as Error).message);
  }
  const session = { handle, pin: by, keys: new Map<string, Buffer>() };
  sessions.set(name, session);
  return session;
}

function opened(module: PKCS11, address: TokenAddress): Buffer {
  const slot = slotOf(module, address) ?? slotOf(begunAnew(module, address), address);
  if (!slot) throw new Failure('NO_TOKEN', `There is no token ${address.token}.`);
  return module.C_OpenSession(slot, library.CKF_SERIAL_SESSION | library.CKF_RW_SESSION);
}

const slotOf = (module: PKCS11, { token }: TokenAddress): Buffer | undefined =>
  module.C_GetSlotList(true).find((slot) => module.C_GetTokenInfo(slot).label.trim() === token);

/** Many modules know only the tokens that were there when they began. */
function begunAnew(module: PKCS11, { module: file }: TokenAddress): PKCS11 {
  for (const name of sessions.keys()) if (name.startsWith(`${file} `)) sessions.delete(name);
  module.C_Finalize();
  module.C_Initialize();
  return module;
}

function close(module: PKCS11, name: string, { handle }: Session): void {
  sessions.delete(name);
  try {
    module.C_Logout(handle);
    module.C_CloseSession(handle);
  } catch {
    // A session that is lost is closed.
  }
}

function found(module: PKCS11, { handle, keys }: Session, id: string): Buffer | undefined {
  const known = keys.get(id);
  if (known) return known;
  const wanted = [
    { type: library.CKA_CLASS, value: library.CKO_SECRET_KEY },
    { type: library.CKA_ID, value: Buffer.from(id, 'hex') },
  ];
  module.C_FindObjectsInit(handle, wanted);
  const key = module.C_FindObjects(handle);
  module.C_FindObjectsFinal(handle);
  if (key) keys.set(id, key);
  return key ?? undefined;
}

/** A 256-bit AES key that never leaves the token. */
const templateOf = (id: string, label: string): Template => [
  { type: library.CKA_CLASS, value: library.CKO_SECRET_KEY },
  { type: library.CKA_KEY_TYPE, value: library.CKK_AES },
  { type: library.CKA_VALUE_LEN, value: 32 },
  { type: library.CKA_ID, value: Buffer.from(id, 'hex') },
  { type: library.CKA_LABEL, value: label },
  { type: library.CKA_TOKEN, value: true },
  { type: library.CKA_PRIVATE, value: true },
  { type: library.CKA_SENSITIVE, value: true },
  { type: library.CKA_EXTRACTABLE, value: false },
  { type: library.CKA_ENCRYPT, value: true },
  { type: library.CKA_DECRYPT, value: true },
];

const TAG_BYTES = 16;

const gcm = (iv: Uint8Array, aad: Uint8Array) => ({
  mechanism: library.CKM_AES_GCM,
  parameter: {
    type: library.CK_PARAMS_AES_GCM_v240,
    iv: Buffer.from(iv),
    ivBits: iv.length * 8,
    aad: Buffer.from(aad),
    tagBits: TAG_BYTES * 8,
  },
});

/** Runs on the key; once more with a handle looked up anew where the one we had is no longer good. */
function withKey<T>(module: PKCS11, session: Session, id: string, work: (key: Buffer) => T): T {
  for (;;) {
    const isKept = session.keys.has(id);
    const key = found(module, session, id);
    if (!key) throw new Failure('NO_KEY', `The token has no key ${id}.`);
    try {
      return work(key);
    } catch (error) {
      session.keys.delete(id);
      if (!isKept || !GONE.has(codeOf(error))) throw error;
    }
  }
}

function answerTo(
  module: PKCS11,
  session: Session,
  { ask, pin, address }: HsmQuestion,
): Uint8Array | boolean | undefined {
  const { handle } = session;
  if (ask.what === 'login') return true;
  if (ask.what === 'pin') {
    module.C_SetPIN(handle, pin, ask.next);
    const name = `${address.module} ${address.token}`;
    close(module, name, session);
    return true;
  }
  if (ask.what === 'random') return module.C_GenerateRandom(handle, Buffer.alloc(ask.bytes));
  if (ask.what === 'make') {
    if (found(module, session, ask.id)) return false;
    module.C_GenerateKey(handle, { mechanism: library.CKM_AES_KEY_GEN }, templateOf(ask.id, ask.label));
    return true;
  }
  if (ask.what === 'destroy') {
    const key = found(module, session, ask.id);
    session.keys.delete(ask.id);
    if (key) module.C_DestroyObject(handle, key);
    return key !== undefined;
  }
  return withKey(module, session, ask.id, (key) => {
    if (ask.what === 'seal') {
      module.C_EncryptInit(handle, gcm(ask.iv, ask.aad), key);
      return module.C_Encrypt(handle, Buffer.from(ask.data), Buffer.alloc(ask.data.length + TAG_BYTES));
    }
    module.C_DecryptInit(handle, gcm(ask.iv, ask.aad), key);
    try {
      return module.C_Decrypt(handle, Buffer.from(ask.data), Buffer.alloc(ask.data.length));
    } catch (error) {
      // What a wrong tag is called differs between modules; it is not what a lost session is called.
      if (LOST.has(codeOf(error)) || GONE.has(codeOf(error))) throw error;
      return undefined;
    }
  });
}

async function answered(question: HsmQuestion): Promise<Uint8Array | boolean | undefined> {
  try {
    library ??= (await import('pkcs11js')).default as unknown as Library;
  } catch {
    throw new Failure('NO_LIBRARY', 'The optional package pkcs11js is not installed.');
  }
  const { address, pin, ask } = question;
  const module = moduleAt(address.module);
  const name = `${address.module} ${address.token}`;
  // Whoever logs in on purpose may try a PIN again: it may be right by now.
  if (ask.what === 'login') refused.delete(digestOf(`${name} ${pin}`));
  for (let again = false; ; again = true) {
    const session = sessionOf(module, question);
    try {
      return answerTo(module, session, question);
    } catch (error) {
      if (again || !LOST.has(codeOf(error))) throw error;
      close(module, name, session);
    }
  }
}

process.on('message', (question: HsmQuestion) => {
  answered(question).then(
    (answer) => process.send?.({ id: question.id, answer }),
    (error) => {
      const why = error instanceof Failure ? error.why : 'FAILED';
      process.send?.({ id: question.id, why, message: (error as Error).message });
    },
  );
});
process.on('disconnect', () => process.exit());
