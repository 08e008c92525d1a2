/**
 * Contributor Insights: rules over log groups. Logs tells what each batch of events contributes; see
 * core/contributions.ts.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/ContributorInsights.html
 */
import {
  type DeleteInsightRulesInput,
  type DeleteInsightRulesOutput,
  type DescribeInsightRulesInput,
  type DescribeInsightRulesOutput,
  LimitExceededException,
  type ListManagedInsightRulesInput,
  type ListManagedInsightRulesOutput,
  type PartialFailure,
  type PutInsightRuleInput,
  type PutInsightRuleOutput,
  type PutManagedInsightRulesInput,
  type PutManagedInsightRulesOutput,
} from '@aws-sdk/client-cloudwatch';
import { parseArn } from '../../core/arn.ts';
import type { Context } from '../../core/context.ts';
import { changeInsightRule, type InsightRule, insightRules } from '../../core/contributions.ts';
import { fail } from '../../core/errors.ts';
import { uuid } from '../../core/ids.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { requestTags } from '../../core/tags.ts';
import { compileContributorRule, RuleError } from '../../patterns/contributors.ts';
import { checkTags } from './alarmChecks.ts';
import { rulesPage } from './pages.ts';
import { badValue, invalidValue } from './words.ts';

const RULES_MAX = 100;

export const insightRuleArn = (
  { account, region, partition }: Pick<Context, 'account' | 'region' | 'partition'>,
  name: string,
) => `arn:${partition}:cloudwatch:${region}:${account}:insight-rule/${name}`;

export const findRule = ({ store, account, region }: Pick<Context, 'store' | 'account' | 'region'>, name: string) =>
  store.get(insightRules, [account, region, name]);

export const PutInsightRule: Operation<Present<PutInsightRuleInput>, PutInsightRuleOutput, InsightRule | undefined> = {
  load: (input, ctx) => findRule(ctx, input.RuleName),
  access: (input, ctx, existing) => ({
    resource: insightRuleArn(ctx, input.RuleName),
    resourceTags: existing?.tags,
    conditions: { ...requestTags(input.Tags), 'cloudwatch:requestInsightRuleLogGroups': groupsAsked(input) },
  }),
  async run(input, ctx, existing) {
    const { RuleName: name, RuleDefinition: definition, RuleState: state = 'ENABLED' } = input;
    if (state !== 'ENABLED' && state !== 'DISABLED') badValue(state, 'RuleState');
    requireRule(definition);
    const { account, region } = ctx;
    const max = quota(ctx, 'ContributorInsightsRules', RULES_MAX);
    if (!existing && !(await ctx.store.fits(insightRules, [account, region], max, 'place'))) {
      fail(LimitExceededException, `The maximum number of Contributor Insights rules for this account is ${max}.`);
    }
    const transformed = input.ApplyOnTransformedLogs ? (true as const) : undefined;
    const same = existing?.definition === definition && existing.transformed === transformed;
    const id = same ? existing.id : uuid(ctx);
    const tags = existing?.tags ?? checkTags(input.Tags);
    const rule = { account, region, name, id, enabled: state === 'ENABLED', definition, transformed, tags };
    await changeInsightRule(ctx.store, rule, rule);
    return {};
  },
};

function requireRule(definition: string): void {
  try {
    compileContributorRule(definition);
  } catch (error) {
    if (error instanceof RuleError) invalidValue(`The rule definition is invalid: ${error.message}.`);
    throw error;
  }
}

function groupsAsked({ RuleDefinition = '' }: PutInsightRuleInput): readonly string[] {
  try {
    return compileContributorRule(RuleDefinition).groups;
  } catch {
    return [];
  }
}

export const DescribeInsightRules: Operation<DescribeInsightRulesInput, DescribeInsightRulesOutput> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await rulesPage(ctx, insightRules, [ctx.account, ctx.region], input);
    return { InsightRules: rows.map(view), ...page };
  },
};

const view = ({ name, enabled, definition, transformed }: InsightRule) => ({
  Name: name,
  State: enabled ? 'ENABLED' : 'DISABLED',
  Schema: '{"Name":"CloudWatchLogRule","Version":1}',
  Definition: definition,
  ManagedRule: false,
  ApplyOnTransformedLogs: transformed === true,
});

type Named = Present<DeleteInsightRulesInput>;

/** Does something to each rule that is named; those that are not there are told as failures. */
const onRules = (
  change: (rule: InsightRule) => InsightRule | undefined,
): Operation<Named, DeleteInsightRulesOutput, readonly (InsightRule | undefined)[]> => ({
  load: ({ RuleNames }, ctx) => Promise.all(RuleNames.map((name) => findRule(ctx, name))),
  access: ({ RuleNames }, ctx, rules) =>
    RuleNames.map((name, at) => ({ resource: insightRuleArn(ctx, name), resourceTags: rules[at]?.tags })),
  async run({ RuleNames }, ctx, rules) {
    const Failures: PartialFailure[] = [];
    for (const [at, name] of RuleNames.entries()) {
      const rule = rules[at];
      if (rule) await changeInsightRule(ctx.store, rule, change(rule));
      else Failures.push(failure(name, 'ResourceNotFoundException', `The rule ${name} does not exist.`));
    }
    return { Failures };
  },
});

const failure = (FailureResource: string, ExceptionType: string, FailureDescription: string): PartialFailure => ({
  FailureResource,
  ExceptionType,
  FailureCode: ExceptionType === 'ResourceNotFoundException' ? '404' : '400',
  FailureDescription,
});

export const DeleteInsightRules = onRules(() => undefined);
export const EnableInsightRules = onRules((rule) => ({ ...rule, enabled: true }));
export const DisableInsightRules = onRules((rule) => ({ ...rule, enabled: false }));

/** Managed rules come with resources of VPC endpoint services and the like, of which this plane has none. */
export const ListManagedInsightRules: Operation<
  Present<ListManagedInsightRulesInput>,
  ListManagedInsightRulesOutput
> = {
  access: ({ ResourceARN }) => ({
    resource: '*',
    conditions: { 'cloudwatch:requestManagedResourceARNs': [ResourceARN] },
  }),
  async run({ ResourceARN }) {
    if (!parseArn(ResourceARN)) badValue(ResourceARN, 'ResourceARN');
    return { ManagedRules: [] };
  },
};

export const PutManagedInsightRules: Operation<Present<PutManagedInsightRulesInput>, PutManagedInsightRulesOutput> = {
  access: ({ ManagedRules }) => ({
    resource: '*',
    conditions: {
      'cloudwatch:requestManagedResourceARNs': ManagedRules.map(({ ResourceARN = '' }) => ResourceARN),
      ...requestTags(ManagedRules.flatMap(({ Tags = [] }) => Tags)),
    },
  }),
  run: async ({ ManagedRules }) => ({
    Failures: ManagedRules.map(({ TemplateName = '', ResourceARN }) =>
      failure(TemplateName, 'InvalidParameterValue', `${ResourceARN} has no managed rule ${TemplateName}.`),
    ),
  }),
};
