/** Rules: what of a bus's events, or when, goes to which targets. */
import type {
  DeleteRuleRequest,
  DescribeRuleRequest,
  DescribeRuleResponse,
  DisableRuleRequest,
  EnableRuleRequest,
  ListRuleNamesByTargetRequest,
  ListRuleNamesByTargetResponse,
  ListRulesRequest,
  ListRulesResponse,
  PutRuleRequest,
  PutRuleResponse,
} from '@aws-sdk/client-eventbridge';
import type { Context } from '../../core/context.ts';
import { type Access, Missing, type Operation, type Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { parseSchedule } from '../../core/schedule.ts';
import { requestTags } from '../../core/tags.ts';
import { passRole } from '../../identity/passRole.ts';
import { type Bus, findBus } from './busRows.ts';
import { acceptedPattern, noBus, noRule, overLimit, refuse, requireUnmanaged } from './errors.ts';
import { busNamed, DEFAULT_BUS, ruleArn } from './names.ts';
import { rowsPage } from './pages.ts';
import { changeRule, type Rule, ruleKey, rules } from './ruleRows.ts';
import { rescheduled } from './ruleSchedule.ts';
import { acceptedTags } from './tagging.ts';

/** A bus, and the rule of that name on it, if there is one. */
export interface Place {
  readonly bus: Bus;
  readonly name: string;
  readonly rule: Rule | undefined;
}

export async function placeOf(ctx: Context, name: string, busName: string | undefined): Promise<Place | Missing> {
  const named = busNamed(ctx, busName);
  const bus = await findBus(ctx.store, named);
  const key = { account: named.account, region: named.region, bus: named.name, name };
  if (!bus) return new Missing(ruleArn(key), noBus(named.name));
  return { bus, name, rule: await ctx.store.get(rules, ruleKey(key)) };
}

/** Of a rule that must be there. */
export async function existing(ctx: Context, name: string, busName: string | undefined): Promise<Place | Missing> {
  const place = await placeOf(ctx, name, busName);
  if (place instanceof Missing || place.rule) return place;
  return new Missing(arnIn(place), noRule(name, place.bus.name));
}

export const arnIn = ({ bus, name }: Place) => ruleArn({ ...bus, bus: bus.name, name });

/** `asked`: the condition keys of the operation, beyond those of every rule. */
export function ruleAccess(place: Place, asked: Access['conditions'] = {}): Access {
  const { bus, rule } = place;
  return {
    resource: arnIn(place),
    resourcePolicy: bus.policy,
    resourceTags: rule?.tags,
    conditions: { 'events:creatorAccount': rule?.createdBy, 'events:ManagedBy': rule?.managedBy, ...asked },
  };
}

export const PutRule: Operation<Present<PutRuleRequest>, PutRuleResponse, Place> = {
  load: (input, ctx) => placeOf(ctx, input.Name, input.EventBusName),
  access: (input, ctx, place) => [
    ruleAccess(place, {
      'events:creatorAccount': place.rule?.createdBy ?? ctx.account,
      ...patternConditions(input.EventPattern),
      ...requestTags(input.Tags),
    }),
    ...(input.RoleArn === undefined ? [] : [passRole(input.RoleArn, 'events.amazonaws.com')]),
  ],
  async run(input, ctx, { bus, rule }) {
    if (rule) requireUnmanaged(rule);
    const next = drafted(input, ctx, bus, rule);
    if (
      !rule &&
      !(await ctx.store.fits(rules, [bus.account, bus.region, bus.name], quota(ctx, 'RulesPerBus', 300), 'bus'))
    ) {
      overLimit();
    }
    if (next.wildcard && !rule?.wildcard) await requireFewWildcards(ctx, bus);
    await changeRule(ctx.store, rule, next);
    await rescheduled(ctx, next);
    return { RuleArn: ruleArn(next) };
  },
};

const WILDCARD_RULES_MAX = 30;

async function requireFewWildcards(ctx: Context, bus: Bus): Promise<void> {
  const place = [bus.account, bus.region, bus.name];
  if (!(await ctx.store.fits(rules, place, WILDCARD_RULES_MAX, 'wildcard'))) overLimit();
}

/** What is put replaces what was there: only targets, tags and who made the rule stay. */
function drafted(input: Present<PutRuleRequest>, ctx: Context, bus: Bus, rule: Rule | undefined): Rule {
  const { EventPattern: pattern, ScheduleExpression: schedule } = input;
  if (!pattern && !schedule) refuse('Parameter(s) EventPattern or ScheduleExpression must be specified.');
  if (schedule && bus.name !== DEFAULT_BUS) refuse('ScheduleExpression is supported only on the default event bus.');
  if (schedule && !isRuleSchedule(schedule)) refuse('Parameter ScheduleExpression is not valid.');
  if (pattern && pattern.length > quota(ctx, 'EventPatternSize', 2048)) overLimit();
  const hasWildcard = pattern ? acceptedPattern(pattern).hasWildcard : false;
  const same = schedule !== undefined && rule?.schedule === schedule && rule.state !== 'DISABLED';
  return {
    account: bus.account,
    region: bus.region,
    bus: bus.name,
    name: input.Name,
    ...(pattern && { pattern }),
    ...(schedule && { schedule }),
    state: input.State ?? 'ENABLED',
    ...(input.Description !== undefined && { description: input.Description }),
    ...(input.RoleArn !== undefined && { roleArn: input.RoleArn }),
    createdBy: rule?.createdBy ?? ctx.account,
    tags: rule?.tags ?? acceptedTags([], input.Tags ?? []),
    targets: rule?.targets ?? [],
    since: same ? rule.since : ctx.now.getTime(),
    ...(hasWildcard && { wildcard: true }),
  };
}

const isRuleSchedule = (text: string) => {
  const schedule = parseSchedule(text);
  return (
    schedule !== undefined && schedule.kind !== 'at' && !(schedule.kind === 'cron' && text.split(/\s+/).length < 6)
  );
};

/** `events:source` and `events:detail-type` of a pattern: the values that it names. */
function patternConditions(text: string | undefined): Record<string, readonly string[]> {
  let pattern: Record<string, unknown>;
  try {
    pattern = JSON.parse(text ?? '{}') as Record<string, unknown>;
  } catch {
    return {};
  }
  const found: Record<string, readonly string[]> = {};
  for (const name of ['source', 'detail-type']) {
    const values = pattern?.[name];
    if (!Array.isArray(values)) continue;
    const texts = values.filter((value) => typeof value === 'string');
    if (texts.length > 0) found[`events:${name}`] = texts;
  }
  return found;
}

export const DescribeRule: Operation<Present<DescribeRuleRequest>, DescribeRuleResponse, Place> = {
  load: (input, ctx) => existing(ctx, input.Name, input.EventBusName),
  access: (_input, _ctx, place) => ruleAccess(place),
  run: async (_input, _ctx, { rule }) => ({ ...view(rule!), CreatedBy: rule!.createdBy }),
};

const view = (rule: Rule) => ({
  Name: rule.name,
  Arn: ruleArn(rule),
  ...(rule.pattern !== undefined && { EventPattern: rule.pattern }),
  ...(rule.schedule !== undefined && { ScheduleExpression: rule.schedule }),
  State: rule.state,
  ...(rule.description !== undefined && { Description: rule.description }),
  ...(rule.roleArn !== undefined && { RoleArn: rule.roleArn }),
  ...(rule.managedBy !== undefined && { ManagedBy: rule.managedBy }),
  EventBusName: rule.bus,
});

export const DeleteRule: Operation<Present<DeleteRuleRequest>, object, Place> = {
  load: (input, ctx) => placeOf(ctx, input.Name, input.EventBusName),
  access: (_input, _ctx, place) => ruleAccess(place),
  async run(input, ctx, { rule }) {
    if (!rule) return {};
    if (!input.Force) requireUnmanaged(rule);
    if (rule.targets.length > 0) refuse("Rule can't be deleted since it has targets.");
    await changeRule(ctx.store, rule, undefined);
    await rescheduled(ctx, { ...rule, state: 'DISABLED' });
    return {};
  },
};

const switched = (
  state: 'ENABLED' | 'DISABLED',
): Operation<Present<EnableRuleRequest & DisableRuleRequest>, object, Place> => ({
  load: (input, ctx) => existing(ctx, input.Name, input.EventBusName),
  access: (_input, _ctx, place) => ruleAccess(place),
  async run(_input, ctx, { rule }) {
    requireUnmanaged(rule!);
    const next = { ...rule!, state, since: rule!.state === 'DISABLED' ? ctx.now.getTime() : rule!.since };
    await changeRule(ctx.store, rule, next);
    await rescheduled(ctx, next);
    return {};
  },
});

export const EnableRule = switched('ENABLED');
export const DisableRule = switched('DISABLED');

const loadedBus = async (input: { EventBusName?: string | undefined }, ctx: Context): Promise<Bus | Missing> => {
  const named = busNamed(ctx, input.EventBusName);
  return (await findBus(ctx.store, named)) ?? new Missing(listResource(named), noBus(named.name));
};

/** Lists are asked for on the rules of the bus, whatever their names. */
const listResource = (bus: { account: string; region: string; name: string }) =>
  ruleArn({ account: bus.account, region: bus.region, bus: bus.name, name: '*' });

const listAccess = (_input: unknown, _ctx: Context, bus: Bus) => ({
  resource: listResource(bus),
  resourcePolicy: bus.policy,
});

export const ListRules: Operation<Present<ListRulesRequest>, ListRulesResponse, Bus> = {
  load: loadedBus,
  access: listAccess,
  async run(input, ctx, bus) {
    const { rows, page } = await rowsPage(ctx, rules, [bus.account, bus.region, bus.name], input, {
      startsWith: input.NamePrefix,
    });
    return { Rules: rows.map(view), ...page };
  },
};

type ByTarget = Operation<Present<ListRuleNamesByTargetRequest>, ListRuleNamesByTargetResponse, Bus>;

export const ListRuleNamesByTarget: ByTarget = {
  load: loadedBus,
  access: listAccess,
  async run(input, ctx, bus) {
    const prefix = [bus.account, bus.region, bus.name, input.TargetArn];
    const { rows, page } = await rowsPage(ctx, rules, prefix, input, { index: 'target' });
    return { RuleNames: rows.map(({ name }) => name), ...page };
  },
};
