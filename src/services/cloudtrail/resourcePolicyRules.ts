/** What policies of CloudTrail's resources may say, and how they are read. */
import type { Access } from '../../core/operation.ts';
import { validatePolicy } from '../../policy/index.ts';

/** A policy as a row keeps it. */
export interface PolicyFields {
  /** As it was given. */
  readonly policy?: string | undefined;
  /** With what it leaves out: statements may name no resource, and then mean the one that has the policy. */
  readonly policyInForce?: string | undefined;
}

/** Something that can have a policy. */
export interface Guarded extends PolicyFields {
  readonly kind: 'eventdatastore' | 'channel' | 'dashboard';
  readonly arn: string;
  readonly access: Access;
  /** What CloudTrail itself says beside it. */
  readonly standing?: string | undefined;
  /** Replaces both fields. */
  readonly write: (fields: PolicyFields) => Promise<void>;
}

interface Statement {
  readonly Principal?: unknown;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: string | readonly string[];
  readonly NotResource?: unknown;
}

interface Rule {
  readonly actions: ReadonlySet<string>;
  /** Nobody but CloudTrail itself. */
  readonly onlyCloudTrail?: true;
  /** Each statement names the resource itself. */
  readonly ownArn?: true;
  readonly statementsMax?: number;
  readonly principalsMax?: number;
}

const SERVICE = 'cloudtrail.amazonaws.com';

const RULES: Readonly<Record<Guarded['kind'], Rule>> = {
  channel: {
    actions: new Set(['cloudtrail-data:PutAuditEvents']),
    ownArn: true,
    statementsMax: 20,
    principalsMax: 50,
  },
  dashboard: { actions: new Set(['cloudtrail:StartDashboardRefresh']), onlyCloudTrail: true },
  eventdatastore: {
    actions: new Set([
      'cloudtrail:StartQuery',
      'cloudtrail:CancelQuery',
      'cloudtrail:ListQueries',
      'cloudtrail:DescribeQuery',
      'cloudtrail:GetQueryResults',
      'cloudtrail:GenerateQuery',
      'cloudtrail:GenerateQueryResultsSummary',
      'cloudtrail:GetEventDataStore',
    ]),
  },
};

const WITHOUT_RESOURCE = 'Missing required field Resource';

/** What is wrong with a policy for that resource, in a sentence. */
export function policyFault(text: string, guarded: Guarded): string | undefined {
  const fault = validatePolicy(text, 'resource');
  if (fault !== undefined && (fault !== WITHOUT_RESOURCE || guarded.kind === 'channel')) return fault;
  const whole = inForce(text, guarded) ?? text;
  return validatePolicy(whole, 'resource') ?? ruleFault(statementsOf(whole), guarded);
}

function ruleFault(statements: readonly Statement[], { kind, arn }: Guarded): string | undefined {
  const { actions, onlyCloudTrail, ownArn, statementsMax, principalsMax } = RULES[kind];
  if (statements.length > (statementsMax ?? statements.length)) {
    return `The policy can have a maximum of ${statementsMax} statements.`;
  }
  for (const { Principal, Action, NotAction, Resource, NotResource } of statements) {
    if (NotAction !== undefined || NotResource !== undefined) return 'NotAction and NotResource are not supported.';
    const wrong = listOf(Action).find((action) => !actions.has(action));
    if (wrong !== undefined) return `The action ${wrong} is not supported in the policy of a ${kind}.`;
    if (onlyCloudTrail && !isCloudTrail(Principal)) return `The only principal can be ${SERVICE}.`;
    if (principalsOf(Principal).length > (principalsMax ?? Number.POSITIVE_INFINITY)) {
      return `A statement can have a maximum of ${principalsMax} principals.`;
    }
    if (ownArn && listOf(Resource).some((resource) => resource !== arn)) {
      return `The resource in the policy must be ${arn}.`;
    }
  }
  return undefined;
}

/** The policy as it is decided by; undefined where that is the text itself. */
export function inForce(text: string, { kind, arn }: Pick<Guarded, 'kind' | 'arn'>): string | undefined {
  const statements = statementsOf(text);
  const complete = statements.map((statement) =>
    isAbout(statement, kind, arn) ? statement : { ...statement, Resource: arn },
  );
  if (complete.every((statement, n) => statement === statements[n])) return undefined;
  return JSON.stringify({ ...(JSON.parse(text) as object), Statement: complete });
}

/**
 * AWS's own examples let CloudTrail query a store by statements that name no resource, or that name the dashboards for
 * which it does so.
 */
function isAbout({ Principal, Resource, NotResource }: Statement, kind: Guarded['kind'], arn: string): boolean {
  if (Resource === undefined) return NotResource !== undefined;
  if (kind !== 'eventdatastore' || !isCloudTrail(Principal)) return true;
  return !listOf(Resource).every((resource) => resource !== arn && /:dashboard\//.test(resource));
}

function statementsOf(text: string): readonly Statement[] {
  const { Statement } = JSON.parse(text) as { readonly Statement?: Statement | readonly Statement[] };
  return Statement === undefined ? [] : ([Statement].flat() as readonly Statement[]);
}

const listOf = (value: string | readonly string[] | undefined): readonly string[] =>
  value === undefined ? [] : ([value].flat() as readonly string[]);

const principalsOf = (principal: unknown): readonly string[] =>
  typeof principal === 'object' && principal !== null ? (Object.values(principal).flat() as string[]) : ['*'];

const isCloudTrail = (principal: unknown): boolean =>
  typeof principal === 'object' &&
  principal !== null &&
  Object.keys(principal).join() === 'Service' &&
  principalsOf(principal).every((name) => name === SERVICE);
