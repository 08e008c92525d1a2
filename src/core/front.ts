/**
 * What a service does around its operations: requests that are none (a page of a web site, a browser's question, a form)
 * made into some that are, and what is said and kept after an answer.
 */
import type { Store, Transaction } from '../store/store.ts';
import type { Context, Settings, Source } from './context.ts';
import type { Secrets } from './secrets.ts';
import type { WireRequest, WireResponse } from './wire.ts';

/** A signature over a text in the body of a request, instead of over the request. */
export interface FormSignature {
  readonly accessKeyId: string;
  /** `20300101` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower-case hexadecimal. */
  readonly signature: string;
  readonly timestamp: string;
  readonly sessionToken: string | undefined;
  /** What is signed. */
  readonly text: string;
}

export interface FrontFinding {
  readonly source: Source;
  readonly region: string;
}

export interface FrontAround {
  readonly store: Pick<Store, 'transaction'>;
  /** How clients reach the plane. */
  readonly endpoint: string;
  /** The real clock, in milliseconds, that signatures are dated by. */
  readonly wallClock: number;
  /**
   * Answers a request by an operation: unsigned, signed by a form, or by the signature of the request that it was made
   * of. `found`: what the front knows better.
   */
  readonly ask: (
    request: WireRequest,
    signed?: FormSignature | WireRequest,
    found?: FrontFinding,
  ) => Promise<WireResponse>;
  /** The request with its body unpacked. @throws CommonError for what is not packed as it says */
  readonly unpacked: (request: WireRequest) => WireRequest;
  readonly source: Source;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly random: (bytes: number) => Uint8Array;
  /** A write set, by nobody yet; run again if it lost a race. */
  readonly within: <T>(work: (ctx: Context) => Promise<T>) => Promise<T>;
}

/** Undefined: the request is an ordinary one after all. */
export type FrontAnswer = (request: WireRequest, around: FrontAround) => Promise<WireResponse | undefined>;

export interface Front {
  /** Whether the request may be one for the front; decided by its line and headers. */
  readonly takes: (request: Omit<WireRequest, 'body'>, endpoint: string) => boolean;
  readonly load: () => Promise<FrontAnswer>;
}

/** A request that was answered, or refused, by an operation. */
export interface Told {
  readonly request: Pick<WireRequest, 'method' | 'path' | 'query' | 'headers'>;
  readonly operation: string;
  readonly input: unknown;
  readonly output: unknown;
  readonly error: string | undefined;
  readonly response: WireResponse;
  readonly elapsedMs: number;
}

export interface Afterwards {
  /** Headers that the answer has beside its own. */
  readonly headers: Readonly<Record<string, string>>;
  /** What is kept of it, in a write set of its own. */
  readonly keep?: ((ctx: Context, tx: Transaction) => Promise<void>) | undefined;
}
