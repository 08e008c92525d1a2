// What a decision is asked: the request, and every policy that bears on it.

import type { CompiledPolicy } from './compile.ts';
import type { RequestContext } from './context.ts';
import type { Grant } from './grants.ts';
import type { Principal } from './principals.ts';

export type PolicyKind =
  | 'identity'
  | 'resource'
  | 'boundary'
  | 'session'
  | 'scp'
  | 'rcp'
  | 'vpcEndpoint'
  | 'grant'
  | 'trust';

export interface RequestFlags {
  readonly principalAccountIsManagement?: boolean | undefined;
  readonly resourceAccountIsManagement?: boolean | undefined;
  readonly principalIsServiceLinkedRole?: boolean | undefined;
  readonly resourceIsAwsManagedKmsKey?: boolean | undefined;
}

/**
 * One question: may this principal do this action on this resource (an ARN, or `*`)? Accounts are ids; null means
 * none.
 */
export interface PolicyRequest {
  readonly principal: Principal;
  readonly action: string;
  readonly resource: string;
  readonly context: RequestContext;
  readonly principalAccount: string | null;
  readonly resourceAccount: string | null;
  readonly flags?: RequestFlags | undefined;
}

export type Policies = readonly CompiledPolicy[];

/**
 * Every policy that bears on the request. `resource` is the resource's own policy (bucket, key, trust, …). SCPs are
 * those of the principal's account and RCPs those of the resource's, a list of levels from the root down; an empty
 * level grants nothing.
 */
export interface PolicySet {
  readonly identity: Policies;
  readonly resource?: CompiledPolicy | undefined;
  readonly boundary?: CompiledPolicy | undefined;
  readonly session?: Policies | undefined;
  readonly scps?: readonly Policies[] | undefined;
  readonly rcps?: readonly Policies[] | undefined;
  readonly vpcEndpoint?: CompiledPolicy | undefined;
  readonly grants?: readonly Grant[] | undefined;
}
