/** The principals outside the zone of trust that a policy names, and the requests that stand for them. */
import { type CompiledPolicy, compilePolicy, type Principal, type StatementElement } from '../../policy/index.ts';
import { type Assignment, exampleOf } from './assignments.ts';
import type { Zone } from './zone.ts';

export interface External {
  readonly kind: 'AWS' | 'Federated' | 'CanonicalUser';
  /** As findings show it: an account id, an ARN, `*`, a provider. */
  readonly name: string;
  /** Of an account or ARN. */
  readonly account?: string | undefined;
}

/** The external side permits everything. */
export const EVERYTHING: readonly CompiledPolicy[] = [
  compilePolicy('{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}', 'external'),
];

/** Everybody, then accounts, then single principals. AWS services are not external entities. */
export function principalsNamed(statements: readonly StatementElement[], zone: Zone): External[] {
  const found = new Map<string, External>();
  const add = (external: External) => found.set(`${external.kind} ${external.name}`, external);
  for (const { effect, principal } of statements) {
    if (effect !== 'Allow' || !principal) continue;
    if (principal.any) add({ kind: 'AWS', name: '*' });
    for (const name of principal.AWS) {
      const external = awsPrincipal(name);
      if (external && !zone.accounts.has(external.account ?? '')) add(external);
    }
    for (const name of principal.Federated) add({ kind: 'Federated', name });
    for (const name of principal.CanonicalUser) add({ kind: 'CanonicalUser', name });
  }
  return [...found.values()].sort((a, b) => rank(a) - rank(b));
}

const rank = ({ kind, name, account }: External) => (name === '*' ? 0 : kind === 'AWS' && name === account ? 1 : 2);

/** Unique ids (`AROA…`) are of principals that were deleted: nobody can use them. */
function awsPrincipal(name: string): External | undefined {
  const root = /^(?:arn:aws[a-z-]*:iam::)?(\d{12})(?::root)?$/.exec(name)?.[1];
  if (root !== undefined) return { kind: 'AWS', name: root, account: root };
  return name.startsWith('arn:') ? { kind: 'AWS', name, account: name.split(':')[4] } : undefined;
}

export interface Witness {
  readonly principal: Principal;
  readonly account: string | null;
  readonly context: Readonly<Record<string, string | readonly string[]>>;
}

/** A request's caller of this kind under these conditions; undefined where it would be inside the zone. */
export function witnessOf(external: External, assignment: Assignment, zone: Zone): Witness | undefined {
  if (isTrusted(assignment, zone)) return undefined;
  if (external.kind === 'Federated') return federated(external.name);
  const arn = arnOf(external, assignment, zone);
  const account = arn?.split(':')[4];
  if (arn === undefined || account === undefined || zone.accounts.has(account)) return undefined;
  const canonicalUser = external.kind === 'CanonicalUser' ? { canonicalUser: external.name } : {};
  return {
    principal: { ...awsWitness(arn), ...canonicalUser },
    account,
    context: {
      ...ELSEWHERE,
      'aws:PrincipalArn': behind(arn),
      'aws:PrincipalAccount': account,
      'kms:CallerAccount': account,
    },
  };
}

/** A caller from the internet, with nothing that a policy could recognize. */
const ELSEWHERE = { 'aws:PrincipalIsAWSService': 'false', 'aws:SourceIp': '240.0.0.1', 'aws:userid': 'AIDAOTHER' };

function federated(provider: string): Witness {
  const type = provider.includes(':saml-provider/') ? 'SAML' : 'WebIdentity';
  return { principal: { type, arn: provider }, account: null, context: ELSEWHERE };
}

const NOBODY = ['999999999999', '999999999998'];

/** Undefined where the conditions and the principal's name cannot both be true. */
function arnOf({ name, account, kind }: External, assignment: Assignment, zone: Zone): string | undefined {
  const { 'aws:PrincipalArn': pattern, 'aws:PrincipalAccount': wanted, 'kms:CallerAccount': caller } = assignment;
  const required = wanted ?? caller;
  const known = kind === 'AWS' && name !== '*' ? account : undefined;
  if (known !== undefined && required !== undefined && known !== required) return undefined;
  if (name.startsWith('arn:')) return pattern === undefined ? name : undefined;
  const home = known ?? required ?? NOBODY.find((id) => !zone.accounts.has(id))!;
  if (pattern === undefined) return `arn:aws:iam::${home}:user/somebody`;
  const example = String(exampleOf('aws:PrincipalArn', pattern));
  return known !== undefined && example.split(':')[4] !== known ? undefined : example;
}

const ASSUMED = /^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role\/([^/]+)\/(.+)$/;
const ROLE = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/(?:.*\/)?([^/]+)$/;

function awsWitness(arn: string): Principal {
  const [, partition, account, role] = ROLE.exec(arn) ?? [];
  if (role !== undefined) {
    return { type: 'AssumedRole', arn: `arn:${partition}:sts::${account}:assumed-role/${role}/session` };
  }
  if (ASSUMED.test(arn)) return { type: 'AssumedRole', arn };
  return { type: arn.includes(':federated-user/') ? 'FederatedUser' : 'User', arn };
}

/** `aws:PrincipalArn` of a role session is its role's. */
function behind(arn: string): string {
  const [, partition, account, role] = ASSUMED.exec(arn) ?? [];
  return role === undefined ? arn : `arn:${partition}:iam::${account}:role/${role}`;
}

/** Keys that name an account, and where in the value it stands. */
const ACCOUNT_KEYS: Readonly<Record<string, (value: string) => string | undefined>> = {
  'aws:PrincipalAccount': (value) => value,
  'aws:PrincipalArn': (value) => value.split(':')[4],
  'aws:SourceAccount': (value) => value,
  'aws:SourceArn': (value) => value.split(':')[4],
  'aws:SourceOwner': (value) => value,
  'aws:VpceAccount': (value) => value,
  'kms:CallerAccount': (value) => value,
  's3:DataAccessPointAccount': (value) => value,
  's3:DataAccessPointArn': (value) => value.split(':')[4],
};
const ORGANIZATION_KEYS = /^aws:(?:Principal|Source|Vpce)Org(?:ID|Paths)$/;

/** Whether the conditions themselves keep the request inside the zone. */
function isTrusted(assignment: Assignment, zone: Zone): boolean {
  return Object.entries(assignment).some(([key, value]) => {
    if (ORGANIZATION_KEYS.test(key))
      return zone.organization !== undefined && value.split('/')[0] === zone.organization;
    return zone.accounts.has(ACCOUNT_KEYS[key]?.(value) ?? '');
  });
}
