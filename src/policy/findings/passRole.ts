// Statements that let any role be passed, or any service-linked role be created: one table for both, by how action and
// resource are written.

import { matchesPattern } from '../match.ts';
import type { IssueCode } from './catalog.ts';
import type { At, Text } from './document.ts';
import { isWild, type Statement, type StatementCheck } from './run.ts';

type ActionForm = 'named' | 'star' | 'not';
type ResourceForm = 'star' | 'not';

interface Risk {
  readonly action: string;
  /** The key that narrows the statement to services. */
  readonly key: string;
  /** Whether a value with a wildcard narrows it, too. */
  readonly wildValues: boolean;
  readonly codes: Readonly<Record<ResourceForm, Readonly<Record<ActionForm, IssueCode>>>>;
}

const risks: readonly Risk[] = [
  {
    action: 'iam:passrole',
    key: 'iam:passedtoservice',
    wildValues: true,
    codes: {
      star: {
        named: 'PASS_ROLE_WITH_STAR_IN_RESOURCE',
        star: 'PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE',
        not: 'PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION',
      },
      not: {
        named: 'PASS_ROLE_WITH_NOT_RESOURCE',
        star: 'PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE',
        not: 'PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE',
      },
    },
  },
  {
    action: 'iam:createservicelinkedrole',
    key: 'iam:awsservicename',
    wildValues: false,
    codes: {
      star: {
        named: 'CREATE_SLR_WITH_STAR_IN_RESOURCE',
        star: 'CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE',
        not: 'CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION',
      },
      not: {
        named: 'CREATE_SLR_WITH_NOT_RESOURCE',
        star: 'CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE',
        not: 'CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE',
      },
    },
  },
];

export const openRoles: StatementCheck = ({ kind, report }, statement) => {
  if (kind !== 'identity' || statement.effect !== 'Allow') return;
  for (const risk of risks) {
    if (isNarrowed(statement, risk)) continue;
    const action = actionOf(statement, risk.action);
    const resource = resourceOf(statement);
    if (action && resource) report(risk.codes[resource.form][action.form], {}, [action.at, resource.at]);
  }
};

/** A condition that can hold without the key, or for all services but some, narrows nothing. */
function isNarrowed({ conditions }: Statement, { key, wildValues }: Risk): boolean {
  return conditions.some(({ lowerKey, operator, values }) => {
    if (lowerKey !== key || operator.family !== 'String' || operator.ifExists || operator.negated) return false;
    return wildValues || !values.some(({ text }) => isWild(text));
  });
}

/** Named before matched: the plainest way in which the statement means the action. */
function actionOf(
  { elements, action, notAction }: Statement,
  wanted: string,
): { form: ActionForm; at: At } | undefined {
  const key = elements.get('NotAction')?.key;
  if (key) return notAction.some((text) => means(text, wanted)) ? undefined : { form: 'not', at: key };
  const named = action.find(({ text }) => text.toLowerCase() === wanted);
  if (named) return { form: 'named', at: named };
  const matched = action.find((text) => means(text, wanted));
  return matched && { form: 'star', at: matched };
}

function means({ text }: Text, wanted: string): boolean {
  return matchesPattern(text.toLowerCase(), wanted);
}

function resourceOf({ elements, resource }: Statement): { form: ResourceForm; at: At } | undefined {
  const key = elements.get('NotResource')?.key;
  if (key) return { form: 'not', at: key };
  const open = resource.find(({ text }) => isAnyRole(text));
  return open && { form: 'star', at: open };
}

/**
 * Every role, or every role on one of AWS's two paths. Roles whose names begin alike are a choice: services name their
 * roles so.
 */
function isAnyRole(text: string): boolean {
  if (/^\*+$/.test(text)) return true;
  const role =
    /^[^:]*:[^:]*:(?:iam|\*):[^:]*:[^:]*:(.*)$/.exec(text)?.[1] ?? (/^arn:[^:]*(:[^:]*){0,4}\*$/.test(text) ? '*' : '');
  return /^(role\/(service-role\/|aws-service-role\/)?)?[*?]/.test(role) || /^r[ole]*\*/.test(role);
}
