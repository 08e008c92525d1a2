/** What S3 finds wrong with a policy beyond its grammar: actions, resources and condition keys that cannot mean it. */
import { actionFact, conditionKey, expandActionPattern } from '../../core/facts.ts';
import { matchesPattern, parsePolicy, type StatementElement } from '../../policy/index.ts';

/** S3's sentence; undefined when nothing is wrong. `arn`: of the bucket. */
export function policyFault(text: string, arn: string): string | undefined {
  for (const statement of parsePolicy(text).statements) {
    const fault =
      actionFault(statement) ?? resourceFault(statement, arn) ?? reachFault(statement, arn) ?? keyFault(statement);
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
  const isOwn = (pattern: string) =>
    pattern === '*' || pattern.startsWith(`${arn}/`) || matchesPattern(pattern, arn) || spans(pattern, arn);
  return resourcesOf(statement).every(isOwn) ? undefined : 'Policy has invalid resource';
}

/** A wildcard may stand for what is in the bucket too: `arn:aws:s3:::*`. */
const spans = (pattern: string, arn: string) => {
  const wild = pattern.search(/[*?]/);
  return wild >= 0 && arn.startsWith(pattern.slice(0, wild));
};

/** Every action must have a resource in the statement that it works on. */
function reachFault({ action, resource }: StatementElement, arn: string): string | undefined {
  if (!action || !resource) return undefined;
  const objects = resource.some((pattern) => pattern.startsWith(`${arn}/`) || spans(pattern, arn));
  const buckets = resource.some((pattern) => matchesPattern(pattern, arn));
  const [whole, part] = arn.includes(':accesspoint/') ? ['accesspoint', 'accesspointobject'] : ['bucket', 'object'];
  const applies = (name: string) => {
    const types = actionFact('s3', name.slice(name.indexOf(':') + 1))?.resourceTypes.map((type) => type.name) ?? [];
    return (buckets && types.includes(whole)) || (objects && types.includes(part));
  };
  const reaches = (pattern: string) => pattern === '*' || expandActionPattern(pattern).some(applies);
  return action.every(reaches) ? undefined : 'Action does not apply to any resource(s) in statement';
}

function keyFault(statement: StatementElement): string | undefined {
  const isKnown = ({ key }: { readonly key: string }) => !/^(aws|s3):/i.test(key) || conditionKey(key) !== undefined;
  return statement.conditions.every(isKnown) ? undefined : 'Policy has an invalid condition key';
}
