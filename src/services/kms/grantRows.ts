/** Grants of keys, and which of them bear on a request. */
import type { GrantConstraints, GrantOperation } from '@aws-sdk/client-kms';
import type { Caller, Context } from '../../core/context.ts';
import type { KeyGrant } from '../../core/operation.ts';
import { everyRow } from '../../store/everyRow.ts';
import { table } from '../../store/store.ts';
import type { Key } from './keys.ts';

export interface Grant {
  readonly account: string;
  readonly region: string;
  readonly keyId: string;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name?: string;
  /** ISO 8601. */
  readonly created: string;
  /** As it was named. */
  readonly grantee: string;
  /** The unique id of the user or role of that name: one that is made anew under it has no part in the grant. */
  readonly granteeId?: string;
  /** The grantee is a service principal (`logs.us-east-1.amazonaws.com`). */
  readonly granteeIsService?: true;
  /** It was given as `GranteeServicePrincipal`, and is shown so. */
  readonly granteeAsService?: true;
  readonly retiring?: string;
  readonly retiringId?: string;
  readonly retiringIsService?: true;
  readonly issuingAccount: string;
  readonly operations: readonly GrantOperation[];
  readonly constraints?: GrantConstraints;
}

/**
 * `permitting` finds what a principal may do by grants, without a look at the key's other grants; `name` makes
 * CreateGrant idempotent.
 */
export const grants = table<Grant>('kms_grant', {
  key: (grant) => [grant.account, grant.region, grant.keyId, grant.id],
  indexes: {
    key: (g) => [[g.account, g.region, g.keyId]],
    grantee: (g) => [[g.account, g.region, g.keyId, g.grantee]],
    permitting: (g) => g.operations.map((name) => [g.account, g.region, g.keyId, g.granteeId ?? g.grantee, name]),
    retiring: (g) => (g.retiring ? [[g.region, g.retiring]] : []),
    name: (g) => (g.name ? [[g.account, g.region, g.keyId, g.name]] : []),
  },
});

/** A grant as the policy engine reads it. */
export const forDecision = (grant: Grant): KeyGrant => ({
  grantId: grant.id,
  ...(grant.granteeIsService
    ? { granteeServicePrincipal: grant.grantee }
    : { granteePrincipal: grant.granteeId ?? grant.grantee }),
  retiringPrincipal: grant.retiringId ?? grant.retiring,
  operations: grant.operations,
  ...(grant.constraints && {
    constraints: {
      encryptionContextEquals: grant.constraints.EncryptionContextEquals,
      encryptionContextSubset: grant.constraints.EncryptionContextSubset,
      sourceArn: grant.constraints.SourceArn,
    },
  }),
});

/** The grants of a key that name the caller, or what the caller stands for, for one operation. */
export async function grantsFor(ctx: Context, key: Key, operation: GrantOperation): Promise<readonly KeyGrant[]> {
  if (!key.granted) return [];
  const found: KeyGrant[] = [];
  for (const name of namesOf(ctx.caller)) {
    const prefix = [key.account, key.region, key.id, name, operation];
    for await (const grant of everyRow(ctx.store, grants, prefix, 'permitting')) found.push(forDecision(grant));
  }
  return found;
}

/** The names under which a grant can mean the caller. */
function namesOf(caller: Caller): string[] {
  if (caller.type === 'Service') return caller.service ? [caller.service] : [];
  if (caller.account === '') return [];
  const names = [caller.arn, caller.userId, `arn:aws:iam::${caller.account}:root`, caller.account];
  if (caller.session) names.push(caller.session.principalArn, caller.session.principalId);
  return [...new Set(names)];
}
