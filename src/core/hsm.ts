/**
 * Tokens behind PKCS #11: keys that are made and used inside them and never leave. Each token has a process of its own
 * (hsmProcess.ts) in which its module runs, so that one that stalls stalls no other; a process that does not answer in
 * time is ended, and a new one started for the next question. Needs the optional package `pkcs11js`; of the module
 * CKM_AES_KEY_GEN and CKM_AES_GCM with initial values of 16 bytes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { TokenAddress } from './keyStores.ts';

export type HsmFailure =
  | 'NO_LIBRARY'
  | 'NO_MODULE'
  | 'NO_TOKEN'
  | 'NO_USER'
  | 'NO_KEY'
  | 'WRONG_PIN'
  | 'LOCKED'
  | 'STALLED'
  | 'FAILED';

/** What a token would not do. The message is for the operator's log. */
export class HsmError extends Error {
  readonly why: HsmFailure;
  constructor(why: HsmFailure, message: string) {
    super(message);
    this.why = why;
  }
}

/** Key ids are hexadecimal (CKA_ID); `data` of `open` is ciphertext with its tag of 16 bytes behind it. */
type Ask =
  | { readonly what: 'login' }
  | { readonly what: 'pin'; readonly next: string }
  | { readonly what: 'random'; readonly bytes: number }
  | { readonly what: 'make'; readonly id: string; readonly label: string }
  | { readonly what: 'destroy'; readonly id: string }
  | {
      readonly what: 'seal' | 'open';
      readonly id: string;
      readonly iv: Uint8Array;
      readonly aad: Uint8Array;
      readonly data: Uint8Array;
    };

export interface HsmQuestion {
  readonly id: number;
  readonly address: TokenAddress;
  readonly pin: string;
  readonly ask: Ask;
}

interface HsmAnswer {
  readonly id: number;
  readonly answer?: Uint8Array | boolean | undefined;
  readonly why?: HsmFailure;
  readonly message?: string;
}

/** A token, for whoever knows its PIN. Every call may throw HsmError. */
export interface Hsm {
  /** Tries the PIN even if it was refused before. */
  login(): Promise<void>;
  /** Gives the token another PIN; this one is of no use then. */
  setPin(next: string): Promise<void>;
  random(bytes: number): Promise<Uint8Array>;
  /** Makes the key unless it is there. */
  make(id: string, label: string): Promise<void>;
  /** Whether it was there. */
  destroy(id: string): Promise<boolean>;
  /** Ciphertext and tag of AES-256-GCM; `iv` has 16 random bytes. */
  seal(id: string, iv: Uint8Array, aad: Uint8Array, plain: Uint8Array): Promise<Uint8Array>;
  /** Undefined if it is not what `seal` made of these. */
  open(id: string, iv: Uint8Array, aad: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | undefined>;
}

export function hsmAt({ module, token }: TokenAddress, pin: string): Hsm {
  const ask = (question: Ask) => asked({ module, token }, pin, question);
  return {
    async login() {
      await ask({ what: 'login' });
    },
    async setPin(next) {
      await ask({ what: 'pin', next });
    },
    random: async (bytes) => (await ask({ what: 'random', bytes })) as Uint8Array,
    async make(id, label) {
      await ask({ what: 'make', id, label });
    },
    destroy: async (id) => (await ask({ what: 'destroy', id })) === true,
    seal: async (id, iv, aad, data) => (await ask({ what: 'seal', id, iv, aad, data })) as Uint8Array,
    open: async (id, iv, aad, data) => (await ask({ what: 'open', id, iv, aad, data })) as Uint8Array | undefined,
  };
}

const PATIENCE_MS = 10_000;

interface Running {
  readonly child: ChildProcess;
  readonly waiting: Map<number, (answer: HsmAnswer) => void>;
}

/** By module and token. */
const running = new Map<string, Running>();
let questions = 0;

function asked(address: TokenAddress, pin: string, ask: Ask): Promise<HsmAnswer['answer']> {
  const name = `${address.module} ${address.token}`;
  const host = running.get(name) ?? started(name);
  const id = ++questions;
  return new Promise((resolve, reject) => {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    const stalled = () => end(name, host, 'STALLED', `The module did not answer in ${PATIENCE_MS} ms.`);
    patience.addEventListener('abort', stalled);
    host.waiting.set(id, ({ answer, why, message }) => {
      patience.removeEventListener('abort', stalled);
      host.waiting.delete(id);
      holdOpen(host);
      if (why) reject(new HsmError(why, message ?? ''));
      else resolve(answer);
    });
    holdOpen(host);
    host.child.send({ id, address, pin, ask } satisfies HsmQuestion);
  });
}

function started(name: string): Running {
  const child = fork(new URL('./hsmProcess.ts', import.meta.url), {
    serialization: 'advanced',
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const host: Running = { child, waiting: new Map() };
  running.set(name, host);
  child.on('message', (answer: HsmAnswer) => host.waiting.get(answer.id)?.(answer));
  child.on('error', (error) => end(name, host, 'FAILED', error.message));
  child.on('exit', () => end(name, host, 'FAILED', 'The process of the module has ended.'));
  return host;
}

function end(name: string, host: Running, why: HsmFailure, message: string): void {
  if (running.get(name) === host) running.delete(name);
  host.child.kill('SIGKILL');
  for (const [id, told] of [...host.waiting]) told({ id, why, message });
}

/** We stay for an answer, not for the process. */
function holdOpen({ child, waiting }: Running): void {
  if (waiting.size > 0) {
    child.ref();
    child.channel?.ref();
  } else {
    child.unref();
    child.channel?.unref();
  }
}
