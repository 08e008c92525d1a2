/** What S3 finds wrong with a policy beyond its grammar: actions, resources and condition keys that cannot mean it. */
import { actionFact, conditionKey, expandActionPattern } from '../../core/facts.ts';
import { matchesPattern, parsePolicy, type StatementElement } from '../../policy/index.ts';

/** S3's sentence; undefined when nothing is wrong. `arn`: of the bucket. */
export function policyFault(text: string, arn: string): string | undefined {
  for (const statement of parsePolicy(text).statements) {
    const fault =
      actionFault(statement) ?? resourceFault(statement, arn) ?? reachFault(statement) ?? keyFault(statement);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

const actionsOf = ({ action, notAction }: StatementElement) => action ?? notAction ?? [];
const resourcesOf = ({ resource, notResource }: StatementElement) => resource ?? notResource ?? [];

function actionFault(statement: StatementElement): string | undefined {
  const isKnown = (pattern: string) =>
    pattern === '*' || (/^s3:/i.test(pattern) && expandActionPattern(pattern, 1).length > 0);
  return actionsOf(statement).every(isKnown) ? undefined : 'Policy has invalid action';
}

/** Each must mean the bucket, or objects in it. */
function resourceFault(statement: StatementElement, arn: string): string | undefined {
  const isOwn = (pattern: string) => {
    const slash = pattern.indexOf('/');
    return pattern === '*' || matchesPattern(slash < 0 ? pattern : pattern.slice(0, slash), arn) || spans(pattern, arn);
  };
  return resourcesOf(statement).every(isOwn) ? undefined : 'Policy has invalid resource';
}

/** A wildcard before the slash may stand for what is behind it too: `arn:aws:s3:::*`. */
const spans = (pattern: string, arn: string) => {
  const star = pattern.indexOf('*');
  return star >= 0 && arn.startsWith(pattern.slice(0, star));
};

/** Every action must have a resource in the statement that it works on. */
function reachFault(statement: StatementElement): string | undefined {
  const { action, resource } = statement;
  if (!action || !resource) return undefined;
  const objects = resource.some((pattern) => pattern.includes('/') || pattern.endsWith('*'));
  const buckets = resource.some((pattern) => !pattern.includes('/'));
  const applies = (name: string) => {
    const types = actionFact('s3', name.slice(name.indexOf(':') + 1))?.resourceTypes.map((type) => type.name) ?? [];
    return (buckets && types.includes('bucket')) || (objects && types.includes('object'));
  };
  const reaches = (pattern: string) => pattern === '*' || expandActionPattern(pattern).some(applies);
  return action.every(reaches) ? undefined : 'Action does not apply to any resource(s) in statement';
}

function keyFault(statement: StatementElement): string | undefined {
  const isKnown = ({ key }: { readonly key: string }) => !/^(aws|s3):/i.test(key) || conditionKey(key) !== undefined;
  return statement.conditions.every(isKnown) ? undefined : 'Policy has an invalid condition key';
}
