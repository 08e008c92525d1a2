// From what a search has left over to one request that shows it: values for every side, with the variables filled in
// from the values that were chosen. Whatever was taken roughly on the way is settled here: a witness counts only
// when the evaluator itself decides as claimed.

import { type CompiledPolicy, compilePolicy } from '../compile.ts';
import { contextOf } from '../context.ts';
import { decide } from '../decide.ts';
import type { Principal } from '../principals.ts';
import type { Analysis } from './boxes.ts';
import { actionHints, keyHints, principalHints, resourceHints, spelledHint } from './hints.ts';
import { type Closing, exampleOn, type Literal } from './literals.ts';
import type { State } from './search.ts';
import { closed, variablesOf } from './strings.ts';

/** A request: who does what to what, with all context keys; a key that is not there is absent. */
export interface Witness {
  readonly principal: Principal;
  /** The caller's account; null when there is none. */
  readonly principalAccount: string | null;
  readonly action: string;
  readonly resource: string;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** How variables that no condition gives a value get one: only where a value is needed, or all of them an odd one. */
export const manners = ['usual', 'odd'] as const;
export type Manner = (typeof manners)[number];

const odd = 'odd-1';

type Values = Map<string, string | readonly string[]>;

/** A request within a state; undefined when the chosen values contradict each other. Throws AnalysisBound. */
export function witnessIn(analysis: Analysis, state: State, manner: Manner): Witness | undefined {
  const context: Values = new Map();
  const hints = (key: string) => (manner === 'odd' ? [odd, ...keyHints(key)] : keyHints(key));
  if (!fillKeys(analysis, state, { close: (clause) => clause, hints }, context)) return undefined;
  nameVariables(analysis, state, manner, context);
  const close: Closing['close'] = (clause) => closed(clause, (symbol) => variableValue(analysis, symbol, context));
  if (!fillKeys(analysis, state, { close, hints }, context)) return undefined;
  const pick = (side: string, likely: readonly string[]) => {
    const value = exampleOn(analysis.literals, side, state.get(side) ?? [], { close, hints: likely })?.value;
    return typeof value === 'string' ? value : undefined;
  };
  const known = analysis.actions();
  const action = pick('action', [...actionHints, ...known.keys()]);
  const resource = action === undefined ? undefined : pick('resource', resourceHints(action));
  const named = analysis.type === 'RESOURCE_POLICY';
  const caller = named ? someCaller((likely) => pick('principal', likely)) : ownCaller(context.get('aws:principalarn'));
  if (action === undefined || resource === undefined || caller === undefined) return undefined;
  const { principal, principalAccount, context: own } = callerOf(caller);
  const entries = Object.fromEntries(Object.entries(own).filter(([key]) => isWanted(analysis, state, key)));
  for (const [key, value] of context) entries[analysis.spellings.get(key) ?? key] = value;
  const spelled = analysis.spellings.get(`action ${action}`) ?? spelledHint(action) ?? known.get(action) ?? action;
  return { principal, principalAccount, action: spelled, resource, context: entries };
}

const askedByEngine = new Set(['aws:principalarn', 'aws:userid']);

/** What says who calls is shown where a policy asks for it, or the engine does to know a principal. */
function isWanted({ spellings }: Analysis, state: State, key: string): boolean {
  const lower = key.toLowerCase();
  return !state.has(`key:${lower}`) && (askedByEngine.has(lower) || spellings.has(lower));
}

/** Values for the keys that a state has demands on. False when some have none. */
function fillKeys(
  { literals }: Analysis,
  state: State,
  { close, hints }: { close: Closing['close']; hints: (key: string) => readonly string[] },
  context: Values,
): boolean {
  for (const [side, demands] of state) {
    if (!side.startsWith('key:')) continue;
    const key = side.slice('key:'.length);
    const example = exampleOn(literals, side, demands, { close, hints: hints(key) });
    if (!example) return false;
    if (example.value === undefined) context.delete(key);
    else context.set(key, example.value);
  }
  return true;
}

/** A caller, other than a root user where there is one: root users cannot do everything that they are allowed. */
function someCaller(pick: (hints: readonly string[]) => string | undefined): string | undefined {
  const first = pick(principalHints);
  if (!first?.endsWith(':root')) return first;
  return pick([first.replace(/root$/, 'user/alice'), first.replace(/root$/, 'role/App#session')]);
}

/** Whom an identity-based policy is attached to: the user or role that its conditions ask for. */
function ownCaller(arn: string | readonly string[] | undefined): string {
  const [, kind] = /^arn:aws[^:]*:iam::[0-9]{12}:(user|role)\/[^#]+$/.exec(String(arn)) ?? [];
  if (kind) return kind === 'role' ? `aws:${arn}#session` : `aws:${arn}`;
  return 'aws:arn:aws:iam::111122223333:user/alice';
}

function nameVariables(analysis: Analysis, state: State, manner: Manner, context: Values): void {
  const needed = manner === 'odd' ? analysis.symbols.variables.keys() : [...state.values()].flat().flatMap(variablesIn);
  for (const symbol of needed) {
    const variable = analysis.symbols.variables[symbol];
    const key = variable?.key.name.toLowerCase();
    if (!variable || key === undefined || context.has(key) || state.has(`key:${key}`)) continue;
    if (manner === 'usual' && variable.fallback !== undefined) continue;
    if (!analysis.spellings.has(key)) analysis.spellings.set(key, variable.key.name);
    context.set(key, manner === 'usual' ? 'alice' : odd);
  }
}

/** The variables of what must hold. */
function variablesIn({ clause, demand }: Literal): readonly number[] {
  const test = demand?.test;
  const asked = clause ?? (test && 'clause' in test ? test.clause : undefined);
  return asked && !asked.negated ? variablesOf(asked) : [];
}

function variableValue({ symbols }: Analysis, symbol: number, context: Values) {
  const variable = symbols.variables[symbol];
  const value = variable && context.get(variable.key.name.toLowerCase());
  return typeof value === 'string' ? value : variable?.fallback;
}

type Caller = Pick<Witness, 'principal' | 'principalAccount' | 'context'>;

const stranger = '210987654321';

/** Reads a principal written as principals.ts writes it. */
export function callerOf(text: string): Caller {
  const colon = text.indexOf(':');
  const kind = colon < 0 ? text : text.slice(0, colon);
  return (callers[kind] ?? nobody)(text.slice(colon + 1));
}

const nobody = (): Caller => ({ principal: { type: 'Anonymous' }, principalAccount: null, context: {} });

const callers: Readonly<Record<string, (name: string) => Caller>> = {
  anonymous: nobody,
  service: (service) => ({
    principal: { type: 'Service', service },
    principalAccount: null,
    context: { 'aws:PrincipalServiceName': service, 'aws:PrincipalIsAWSService': 'true' },
  }),
  federated: (arn) => ({
    principal: { type: arn.includes(':saml-provider/') ? 'SAML' : 'WebIdentity', arn },
    principalAccount: null,
    context: { 'aws:PrincipalIsAWSService': 'false' },
  }),
  canonical: (canonicalUser) => {
    const known = account(`arn:aws:iam::${stranger}:user/mallory`);
    return { ...known, principal: { ...known.principal, canonicalUser } };
  },
  id: (id) => {
    const role = id.startsWith('AROA');
    const known = account(`arn:aws:iam::${stranger}:${role ? 'role/App#session' : 'user/mallory'}`);
    const userid = role && !id.includes(':') ? `${id}:session` : id;
    return { ...known, context: { ...known.context, 'aws:userid': userid } };
  },
  aws: account,
};

function account(name: string): Caller {
  const [arn = '', session] = name.split('#');
  const [, partition = 'aws', , , owner = ''] = arn.split(':');
  const context = {
    'aws:PrincipalArn': arn,
    'aws:PrincipalAccount': owner,
    'kms:CallerAccount': owner,
    'aws:PrincipalIsAWSService': 'false',
  };
  if (session !== undefined) {
    const role = arn.slice(arn.lastIndexOf('/') + 1);
    const assumed = `arn:${partition}:sts::${owner}:assumed-role/${role}/${session}`;
    return { principal: { type: 'AssumedRole', arn: assumed }, principalAccount: owner, context };
  }
  const type = arn.endsWith(':root') ? 'Root' : arn.includes(':federated-user/') ? 'FederatedUser' : 'User';
  return { principal: { type, arn }, principalAccount: owner, context };
}

const all = { Effect: 'Allow', Action: '*', Resource: '*' } as const;
const allowsAll = compilePolicy({ Version: '2012-10-17', Statement: all });

/**
 * Whether the evaluator lets the policy alone decide the request to be allowed: an identity-based policy of a caller
 * whom the resource's account trusts, or a resource-based policy for a caller who may do everything on their side.
 */
export function isAllowedBy(policy: CompiledPolicy, type: Analysis['type'], witness: Witness): boolean {
  const { principal, principalAccount, action, resource } = witness;
  const context = contextOf(witness.context);
  const about = { principal, principalAccount, action, resource, context };
  if (type === 'IDENTITY_POLICY') {
    const trusting = compilePolicy({
      Version: '2012-10-17',
      Statement: { ...all, Principal: { AWS: principalAccount } },
    });
    const asked = { ...about, resourceAccount: principalAccount };
    return decide(asked, { identity: [policy], resource: trusting }).verdict === 'Allowed';
  }
  // A key's own policy decides within its account, but for retiring grants, where it has no say at all; anywhere else
  // the caller comes from another account.
  const ownKey = /^kms:(?!retiregrant$)/i.test(action) && resource.includes(':key/') && principalAccount !== null;
  const other = principalAccount === '999999999999' ? '888888888888' : '999999999999';
  const asked = { ...about, resourceAccount: ownKey ? principalAccount : other };
  const session = principal.type === 'FederatedUser' ? [allowsAll] : undefined;
  return decide(asked, { identity: [allowsAll], resource: policy, session }).verdict === 'Allowed';
}
