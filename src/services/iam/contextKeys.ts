/** The condition keys that policies ask for, in conditions and in variables. */
import {
  type GetContextKeysForCustomPolicyRequest,
  type GetContextKeysForPolicyResponse,
  type GetContextKeysForPrincipalPolicyRequest,
  InvalidInputException,
} from '@aws-sdk/client-iam';
import { fail } from '../../core/errors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { parsePolicy, type StatementElement, validatePolicy } from '../../policy/index.ts';
import { type Entity, findEntity, policySources } from './policySources.ts';

type Custom = Operation<Present<GetContextKeysForCustomPolicyRequest>, GetContextKeysForPolicyResponse>;
export const GetContextKeysForCustomPolicy: Custom = {
  access: () => ({ resource: '*' }),
  async run(input) {
    requirePolicies(input.PolicyInputList, 'PolicyInputList');
    return { ContextKeyNames: contextKeysOf(input.PolicyInputList) };
  },
};

type Principal = Operation<Present<GetContextKeysForPrincipalPolicyRequest>, GetContextKeysForPolicyResponse, Entity>;
export const GetContextKeysForPrincipalPolicy: Principal = {
  load: (input, ctx) => findEntity(ctx, input.PolicySourceArn),
  access: (_input, _ctx, entity) => ({ resource: entity.arn }),
  async run(input, ctx, entity) {
    const given = input.PolicyInputList ?? [];
    requirePolicies(given, 'PolicyInputList');
    const held = await policySources(ctx, entity);
    return { ContextKeyNames: contextKeysOf([...held.map(({ document }) => document), ...given]) };
  },
};

/** Refuses documents given to the simulator that are no identity-based policies. */
export function requirePolicies(documents: readonly string[], member: string): void {
  documents.forEach((document, index) => {
    const sentence = validatePolicy(document, 'identity');
    if (sentence !== undefined) fail(InvalidInputException, `Invalid policy ${member}.${index + 1}: ${sentence}`);
  });
}

/** As the policies spell them, each once, sorted. */
export function contextKeysOf(documents: readonly string[]): string[] {
  const keys = new Map<string, string>();
  for (const document of documents) {
    const { statements, variables } = parsePolicy(document);
    for (const statement of statements) {
      for (const key of keysOfStatement(statement, variables)) keys.set(key.toLowerCase(), key);
    }
  }
  return [...keys.values()].sort();
}

/** `variables`: whether the document's version has any. */
export function keysOfStatement(statement: StatementElement, variables: boolean): string[] {
  const keys = statement.conditions.map(({ key }) => key);
  if (!variables) return keys;
  const texts = [
    ...(statement.resource ?? []),
    ...(statement.notResource ?? []),
    ...statement.conditions.flatMap(({ values }) => values),
  ];
  return [...keys, ...texts.flatMap(variablesIn)];
}

/** `${aws:username}`, `${aws:PrincipalTag/team, 'none'}`; not the escapes `${*}`, `${?}`, `${$}`. */
const variablesIn = (text: string) =>
  [...text.matchAll(/\$\{([^{},]+)(?:,[^}]*)?\}/g)].map((match) => match[1]!.trim()).filter((name) => name.length > 1);
