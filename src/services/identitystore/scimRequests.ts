/** What an operation of SCIM is asked, and what it answers. */
import type { Context } from '../../core/context.ts';
import type { Instance } from '../../identity/instances.ts';
import { failInvalid } from './scimErrors.ts';

export interface ScimRequest {
  readonly ctx: Context;
  readonly instance: Instance;
  /** Of the external ids that come this way. */
  readonly issuer: string;
  /** Of the resource in the path. */
  readonly id: string;
  readonly query: string;
  readonly body: Uint8Array;
}

export interface ScimAnswer {
  readonly status: number;
  readonly body?: object;
}

export interface ScimOperation {
  /** As CloudTrail names it. */
  readonly name: string;
  readonly readOnly?: true;
  readonly run: (request: ScimRequest) => ScimAnswer | Promise<ScimAnswer>;
}

export function bodyOf(body: Uint8Array): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    value = undefined;
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  return failInvalid('Invalid JSON from RequestBody');
}

/** SCIM's `meta` of a row. */
export const metaOf = (resourceType: string, { created, updated }: { created: string; updated: string }) => ({
  resourceType,
  created: `${created.slice(0, 19)}Z`,
  lastModified: `${updated.slice(0, 19)}Z`,
});
