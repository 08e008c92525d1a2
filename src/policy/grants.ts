// KMS grants: allow, never deny; considered beside the key policy. Source: KMS Developer Guide, Grants in AWS KMS
// and Creating grants. A grantee is met like a principal in a key policy; constraints ask about the request's
// encryption context, which a context carries as kms:EncryptionContext:NAME (names and values compare
// case-sensitively), and about aws:SourceArn.

import { type ContextEntries, foundAt, keyOf, textOf } from './context.ts';
import { accountNamed, arnBehind, type Caller, isUniqueId, type Level, levelById, levels } from './principals.ts';

/**
 * A grant as CreateGrant made it; principals by ARN, or bound to their unique ids. Operations are KMS operation names,
 * e.g. `Decrypt`, `ReEncryptFrom`.
 */
export interface Grant {
  readonly grantId?: string | undefined;
  readonly granteePrincipal?: string | undefined;
  readonly granteeServicePrincipal?: string | undefined;
  readonly retiringPrincipal?: string | undefined;
  readonly operations: readonly string[];
  readonly constraints?: GrantConstraints | undefined;
}

export interface GrantConstraints {
  readonly encryptionContextEquals?: Readonly<Record<string, string>> | undefined;
  readonly encryptionContextSubset?: Readonly<Record<string, string>> | undefined;
  readonly sourceArn?: string | undefined;
}

const sourceArn = keyOf('aws:SourceArn');
const grantOperations = keyOf('kms:GrantOperations');
const prefix = 'kms:encryptioncontext:';

/** Operations without an encryption context: its constraints are ignored for them. */
const contextless = new Set(['describekey', 'retiregrant', 'getpublickey']);

/** The level at which a grant permits the caller an operation (lower case), `none` when it does not. */
export function grantLevel(grant: Grant, operation: string, caller: Caller): Level {
  const retires = operation === 'retiregrant' && nameLevel(grant.retiringPrincipal, caller);
  if (retires) return retires;
  const level = nameLevel(grant.granteePrincipal, caller) || nameLevel(grant.granteeServicePrincipal, caller);
  if (!level || !permits(grant, operation) || !constraintsHold(grant, operation, caller)) return levels.none;
  return operation === 'creategrant' && !narrows(grant, caller) ? levels.none : level;
}

function permits(grant: Grant, operation: string): boolean {
  return grant.operations.some((wanted) => {
    const lower = wanted.toLowerCase();
    return lower.endsWith('*') ? operation.startsWith(lower.slice(0, -1)) : lower === operation;
  });
}

function nameLevel(name: string | undefined, caller: Caller): Level {
  const { principal } = caller;
  if (name === undefined) return levels.none;
  if (principal.type === 'Service') return principal.service === name ? levels.direct : levels.none;
  if (principal.type === 'Anonymous') return levels.none;
  if (principal.arn === name) return levels.direct;
  if (isUniqueId(name)) return levelById([name], caller);
  if (arnBehind(caller) === name) return levels.behind;
  const account = accountNamed(name);
  return account !== undefined && account === caller.principalAccount ? levels.account : levels.none;
}

function constraintsHold(grant: Grant, operation: string, caller: Caller): boolean {
  const { constraints } = grant;
  if (!constraints) return true;
  if (constraints.sourceArn !== undefined && textOf(caller.context, sourceArn) !== constraints.sourceArn) return false;
  if (contextless.has(operation)) return true;
  const found = encryptionContext(caller.context.entries);
  const { encryptionContextEquals: equals, encryptionContextSubset: subset } = constraints;
  if (equals && !(Object.keys(equals).length === found.size && holds(equals, found))) return false;
  return !subset || holds(subset, found);
}

function holds(wanted: Readonly<Record<string, string>>, found: ReadonlyMap<string, string>): boolean {
  return Object.entries(wanted).every(([name, value]) => found.get(name) === value);
}

function encryptionContext(entries: ContextEntries): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(entries)) {
    if (name.slice(0, prefix.length).toLowerCase() !== prefix || value === undefined) continue;
    found.set(name.slice(prefix.length), typeof value === 'string' ? value : (value[0] ?? ''));
  }
  return found;
}

/** A grantee creates only grants whose operations its own grant has. */
function narrows(grant: Grant, caller: Caller): boolean {
  const asked = foundAt(caller.context, grantOperations);
  const operations = typeof asked === 'string' ? [asked] : (asked ?? []);
  return operations.every((operation) => permits(grant, operation.toLowerCase()));
}
