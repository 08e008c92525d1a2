/**
 * Which services a set of policies lets its principal reach, as IAM's last-accessed reports count them: a service is
 * granted when some statement allows one of its actions, whatever the resource and the conditions, and no statement
 * denies the whole service without condition.
 */
import { actionsOf, expandActionPattern, servicePrefixes } from '../../core/facts.ts';
import { matchesPattern, parsePolicy, type StatementElement } from '../../policy/index.ts';

/** Prefixes (`iam`), sorted. */
export function grantedServices(documents: readonly string[]): string[] {
  const statements = documents.flatMap((document) => parsePolicy(document).statements);
  const granted = new Set<string>();
  for (const statement of statements) {
    if (statement.effect === 'Allow') for (const service of servicesAllowed(statement)) granted.add(service);
  }
  for (const statement of statements) {
    if (statement.effect === 'Deny' && isUnconditional(statement)) dropDenied(granted, statement);
  }
  return [...granted].sort();
}

/** The service's actions that the policies allow somewhere; names without the prefix. */
export function grantedActions(documents: readonly string[], service: string): string[] {
  const statements = documents.flatMap((document) => parsePolicy(document).statements);
  const allows = statements.filter(({ effect }) => effect === 'Allow');
  const denies = statements.filter((statement) => statement.effect === 'Deny' && isUnconditional(statement));
  return actionsOf(service)
    .map(({ name }) => name)
    .filter((name) => {
      const action = `${service}:${name}`.toLowerCase();
      return allows.some((s) => means(s, action)) && !denies.some((s) => means(s, action));
    });
}

function servicesAllowed({ action, notAction }: StatementElement): readonly string[] {
  if (action) return action.flatMap(servicesOf);
  const wholly = new Set(notAction?.filter(isWhole).flatMap(servicesOf));
  return servicePrefixes().filter((prefix) => !wholly.has(prefix));
}

/** The services that have an action which the pattern names. */
function servicesOf(pattern: string): readonly string[] {
  if (pattern === '*') return servicePrefixes();
  const [service = '', name = ''] = pattern.toLowerCase().split(':');
  const matching = servicePrefixes().filter((prefix) => matchesPattern(service, prefix));
  return name === '*' ? matching : matching.filter((prefix) => expandActionPattern(`${prefix}:${name}`, 1).length > 0);
}

const isWhole = (pattern: string) => pattern === '*' || pattern.endsWith(':*');

const isUnconditional = ({ conditions, resource }: StatementElement) =>
  conditions.length === 0 && resource?.includes('*') === true;

function dropDenied(granted: Set<string>, { action, notAction }: StatementElement): void {
  for (const service of action?.filter(isWhole).flatMap(servicesOf) ?? []) granted.delete(service);
  if (!notAction) return;
  const spared = new Set(notAction.flatMap(servicesOf));
  for (const service of granted) if (!spared.has(service)) granted.delete(service);
}

function means({ action, notAction }: StatementElement, lower: string): boolean {
  const listed = (action ?? notAction ?? []).some((pattern) => matchesPattern(pattern.toLowerCase(), lower));
  return action ? listed : !listed;
}
