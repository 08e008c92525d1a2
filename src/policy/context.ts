// The facts of a request that conditions and variables ask for. Names of condition keys are case-insensitive; those
// that a compiled policy mentions are interned to small numbers, so that a context is an array of numbers beside an
// array of values and a look-up compares integers. Names that no policy mentions are dropped at once: a stranger's
// tag keys grow nothing. The table of names is bounded too (policies are written by strangers as well); what does
// not fit is looked up by name.

export type ContextValue = string | readonly string[];
export type ContextEntries = Readonly<Record<string, ContextValue | undefined>>;

/** Opaque. Made by contextOf, read by the engine; the entries must not change while it is in use. */
export interface RequestContext {
  readonly entries: ContextEntries;
  /** How many names were interned when this was built: a key interned later is looked up by name. */
  readonly known: number;
  readonly slots: readonly number[];
  readonly values: readonly ContextValue[];
}

/** A condition key as a policy names it. `slot` is -1 when the table of names was full. */
export interface Key {
  readonly name: string;
  readonly slot: number;
}

const slotsMax = 8192;
const unmentioned = -1;
let interned = 0;
/**
 * Lower-case names and the spellings that AWS and policies use, to slots; `unmentioned` for a known spelling
 * without one.
 */
const slotOfName = new Map<string, number>();

/** Interns the name of a condition key that a policy mentions. */
export function keyOf(name: string): Key {
  const lower = name.toLowerCase();
  const found = slotOfName.get(lower);
  if (found !== undefined && found !== unmentioned) return { name, slot: found };
  if (interned >= slotsMax) return { name, slot: unmentioned };
  const slot = interned++;
  slotOfName.set(lower, slot);
  slotOfName.set(name, slot);
  const usual = usualSpelling.get(lower);
  if (usual) slotOfName.set(usual, slot);
  return { name, slot };
}

/** Builds the context of a request. Keys are case-insensitive; undefined values are absent keys. */
export function contextOf(entries: ContextEntries): RequestContext {
  const slots: number[] = [];
  const values: ContextValue[] = [];
  for (const name in entries) {
    const value = entries[name];
    if (value === undefined) continue;
    let slot = slotOfName.get(name);
    if (slot === undefined) slot = slotOfName.get(name.toLowerCase());
    if (slot === undefined || slot === unmentioned) continue;
    slots.push(slot);
    values.push(value);
  }
  return { entries, known: interned, slots, values };
}

/** The value of a key, undefined when the request does not carry it. */
export function foundAt(context: RequestContext, key: Key): ContextValue | undefined {
  const { slot } = key;
  if (slot === unmentioned || slot >= context.known) return valueByName(context.entries, key.name);
  const { slots } = context;
  for (let i = 0; i < slots.length; i++) {
    if (slots[i] === slot) return context.values[i];
  }
  return undefined;
}

/** The one value of a single-valued key; a list has no single value. */
export function textOf(context: RequestContext, key: Key): string | undefined {
  const value = foundAt(context, key);
  return typeof value === 'string' ? value : undefined;
}

function valueByName(entries: ContextEntries, name: string): ContextValue | undefined {
  const lower = name.toLowerCase();
  for (const entry in entries) {
    if (entry.length === lower.length && entry.toLowerCase() === lower && entries[entry] !== undefined)
      return entries[entry];
  }
  return undefined;
}

// The spellings of AWS's global condition keys, so that contexts that use them are built without changing case.
const usual = `
  CalledVia CalledViaFirst CalledViaLast CurrentTime Ec2InstanceSourcePrivateIPv4 Ec2InstanceSourceVpc
  EpochTime FederatedProvider MultiFactorAuthAge MultiFactorAuthPresent PrincipalAccount PrincipalArn
  PrincipalIsAWSService PrincipalOrgID PrincipalOrgPaths PrincipalServiceName PrincipalServiceNamesList
  PrincipalType referer RequestedRegion ResourceAccount ResourceOrgID ResourceOrgPaths SecureTransport
  SignInSessionArn SourceAccount SourceArn SourceIdentity SourceIp SourceOrgID SourceOrgPaths SourceVpc SourceVpce
  TagKeys TokenIssueTime UserAgent userid username ViaAWSService VpcSourceIp
`;
const usualSpelling = new Map<string, string>();
for (const word of usual.trim().split(/\s+/)) {
  const name = `aws:${word}`;
  usualSpelling.set(name.toLowerCase(), name);
  slotOfName.set(name, unmentioned);
  slotOfName.set(name.toLowerCase(), unmentioned);
}
