/**
 * Policies as the analyzers read them. IAM Access Analyzer "only considers certain IAM condition keys that external
 * users can't directly influence": any other condition of an Allow is taken as met, and a Deny that hangs on one is
 * taken as avoided, so that doubt ends in a finding and never in silence. What is left is a policy that the engine
 * decides like any other.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-concepts.html
 */
import {
  type CompiledPolicy,
  type ConditionElement,
  compilePolicy,
  type PrincipalElement,
  parsePolicy,
  type StatementElement,
} from '../../policy/index.ts';

/** The keys that findings tell, by their lower-case names; spelt as findings spell them. */
export const CONSIDERED: ReadonlyMap<string, string> = new Map(
  [
    'aws:PrincipalAccount',
    'aws:PrincipalArn',
    'aws:PrincipalIsAWSService',
    'aws:PrincipalOrgID',
    'aws:PrincipalOrgPaths',
    'aws:SourceAccount',
    'aws:SourceArn',
    'aws:SourceIp',
    'aws:SourceOrgID',
    'aws:SourceOrgPaths',
    'aws:SourceOwner',
    'aws:SourceVpc',
    'aws:SourceVpcArn',
    'aws:SourceVpce',
    'aws:UserId',
    'aws:VpceAccount',
    'aws:VpceOrgID',
    'aws:VpceOrgPaths',
    'SAML:aud',
    'accounts.google.com:aud',
    'cognito-identity.amazonaws.com:aud',
    'graph.facebook.com:app_id',
    'kms:CallerAccount',
    's3:DataAccessPointAccount',
    's3:DataAccessPointArn',
    'sts:ExternalId',
    'www.amazon.com:app_id',
  ].map((name) => [name.toLowerCase(), name]),
);

export interface Abstraction {
  /** The statements that are left, with the conditions that are left. */
  readonly statements: readonly StatementElement[];
  readonly policy: CompiledPolicy;
}

const kept = new Map<string, Abstraction>();
const KEPT_MAX = 5000;

/** Throws PolicySyntaxError for what is no policy. The same text is read once. */
export function abstractionOf(text: string): Abstraction {
  const known = kept.get(text);
  if (known) return known;
  const { statements, variables } = parsePolicy(text);
  const left = statements.flatMap(abstracted);
  const Version = variables ? '2012-10-17' : '2008-10-17';
  const made = { statements: left, policy: compilePolicy({ Version, Statement: left.map(documentOf) }) };
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(text, made);
  return made;
}

const isConsidered = ({ key }: ConditionElement) => CONSIDERED.has(key.toLowerCase());

function abstracted(statement: StatementElement): StatementElement[] {
  if (statement.conditions.every(isConsidered)) return [statement];
  if (statement.effect === 'Deny') return [];
  return [{ ...statement, conditions: statement.conditions.filter(isConsidered) }];
}

function documentOf(statement: StatementElement): object {
  const { sid, effect, principal, notPrincipal, action, notAction, resource, notResource } = statement;
  const Condition: Record<string, Record<string, readonly string[]>> = {};
  for (const { operator, key, values } of statement.conditions) {
    Condition[operator] = { ...Condition[operator], [key]: values };
  }
  return {
    ...(sid !== undefined && { Sid: sid }),
    Effect: effect,
    ...(principal && { Principal: principalOf(principal) }),
    ...(notPrincipal && { NotPrincipal: principalOf(notPrincipal) }),
    ...(action && { Action: action }),
    ...(notAction && { NotAction: notAction }),
    ...(resource && { Resource: resource }),
    ...(notResource && { NotResource: notResource }),
    ...(statement.conditions.length > 0 && { Condition }),
  };
}

function principalOf(element: PrincipalElement): string | object {
  if (element.any) return '*';
  const { AWS, Service, Federated, CanonicalUser } = element;
  const lists = Object.entries({ AWS, Service, Federated, CanonicalUser });
  return Object.fromEntries(lists.filter(([, names]) => names.length > 0));
}
