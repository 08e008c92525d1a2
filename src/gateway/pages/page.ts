/** What the plane's own pages have in common. */
import type { Source } from '../../core/context.ts';
import type { WireRequest, WireResponse } from '../../core/wire.ts';
import type { Deps } from '../invocation.ts';

export const PAGES_PREFIX = '/_gatehouse/';

/** What only the process can do. Absent where it may not be done. */
export interface Controls {
  readonly version: string;
  /** The root key is not there. */
  readonly sealed?: true;
  readonly reset?: () => Promise<void>;
  /** Moves the clock forward. */
  readonly advance?: (milliseconds: number) => void;
}

export type Page = (request: WireRequest, deps: Deps, source: Source, controls: Controls) => Promise<WireResponse>;

export const json = (status: number, value: object): WireResponse => ({
  status,
  headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  body: JSON.stringify(value),
});
