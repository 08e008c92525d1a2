/** Policies made of what was used: one by action, one by service. */
import { actionFact, resourceType } from '../../core/facts.ts';

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: string | readonly string[];
}

const documentOf = (Statement: readonly Statement[]) => JSON.stringify({ Version: '2012-10-17', Statement });

/** With a placeholder for every part of an ARN that the records do not tell, or on `*`. */
export function actionLevelPolicy(actions: readonly string[], withPlaceholders: boolean): string {
  if (!withPlaceholders) return documentOf(actions.length > 0 ? [statementOf(actions, ['*'])] : []);
  const byResources = Map.groupBy(actions, (action) => resourcesOf(action).join('\n'));
  const groups = [...byResources].map(([resources, group]) => statementOf(group, resources.split('\n')));
  const isOpen = ({ Resource }: Statement) => Resource === '*';
  return documentOf([...groups.filter(isOpen), ...groups.filter((group) => !isOpen(group))]);
}

export const serviceLevelPolicy = (services: readonly string[]) =>
  documentOf(
    services.length > 0
      ? [
          statementOf(
            services.map((service) => `${service}:*`),
            ['*'],
          ),
        ]
      : [],
  );

const statementOf = (Action: readonly string[], resources: readonly string[]): Statement => ({
  Effect: 'Allow',
  Action,
  Resource: resources.length === 1 ? resources[0]! : resources,
});

/** `arn:aws:iam::${Account}:user/${UserNameWithPath}`: of the types the action always works on, else of all it may. */
function resourcesOf(action: string): string[] {
  const [prefix = '', name = ''] = action.split(':');
  const types = actionFact(prefix, name)?.resourceTypes ?? [];
  const required = types.filter((type) => type.required);
  const arns = (required.length > 0 ? required : types).flatMap(({ name }) => resourceType(prefix, name)?.arn ?? []);
  return arns.length > 0 ? [...new Set(arns.map((arn) => arn.replace(PARTITION, 'aws')))].sort() : ['*'];
}

const PARTITION = /\$\{Partition\}/;
