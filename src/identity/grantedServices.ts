/**
 * Which services a set of policies lets its principal reach, as IAM's last-accessed reports count them: a service is
 * granted when some statement allows one of its actions, whatever the resource and the conditions, and no statement
 * denies the whole service without condition.
 */
import { actionFact, actionsOf, serviceName, servicePrefixes } from '../core/facts.ts';
import { matchesPattern, parsePolicy, type StatementElement } from '../policy/index.ts';

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
  const about = statements.map((statement) => meaningOf(statement, service));
  const allows = about.filter(({ effect }) => effect === 'Allow');
  const denies = about.filter(({ effect, isAlways }) => effect === 'Deny' && isAlways);
  return actionsOf(service)
    .map(({ name }) => name)
    .filter((name) => {
      const action = `${service}:${name}`.toLowerCase();
      return allows.some(({ means }) => means(action)) && !denies.some(({ means }) => means(action));
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
  const matching = prefixesOf(service);
  return name === '*' ? matching : matching.filter((prefix) => hasAction(prefix, name));
}

function prefixesOf(service: string): readonly string[] {
  if (isWild(service)) return servicePrefixes().filter((prefix) => matchesPattern(service, prefix));
  return serviceName(service) === undefined ? [] : [service];
}

const hasAction = (prefix: string, name: string) =>
  isWild(name)
    ? actionsOf(prefix).some((action) => matchesPattern(name, action.name.toLowerCase()))
    : actionFact(prefix, name) !== undefined;

const isWild = (text: string) => text.includes('*') || text.includes('?');
const isWhole = (pattern: string) => pattern === '*' || pattern.endsWith(':*');

const isUnconditional = ({ conditions, resource }: StatementElement) =>
  conditions.length === 0 && resource?.includes('*') === true;

function dropDenied(granted: Set<string>, { action, notAction }: StatementElement): void {
  for (const service of action?.filter(isWhole).flatMap(servicesOf) ?? []) granted.delete(service);
  if (!notAction) return;
  const spared = new Set(notAction.flatMap(servicesOf));
  for (const service of granted) if (!spared.has(service)) granted.delete(service);
}

/** A statement narrowed down to the patterns that can name the service's actions: policies list hundreds of others. */
function meaningOf(statement: StatementElement, service: string) {
  const patterns = (statement.action ?? statement.notAction ?? [])
    .map((pattern) => pattern.toLowerCase())
    .filter((pattern) => pattern === '*' || matchesPattern(pattern.split(':')[0]!, service));
  const isListed = (action: string) => patterns.some((pattern) => matchesPattern(pattern, action));
  const means = statement.action ? isListed : (action: string) => !isListed(action);
  return { effect: statement.effect, isAlways: isUnconditional(statement), means };
}
