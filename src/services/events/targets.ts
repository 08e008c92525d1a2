/** Targets of rules: what is put is read back the same. */
import type {
  ListTargetsByRuleRequest,
  ListTargetsByRuleResponse,
  PutTargetsRequest,
  PutTargetsResponse,
  RemoveTargetsRequest,
  RemoveTargetsResponse,
  Target,
} from '@aws-sdk/client-eventbridge';
import type { Operation, Present } from '../../core/operation.ts';
import { quota } from '../../core/quotas.ts';
import { passRole } from '../../identity/passRole.ts';
import { overLimit, refuse, requireUnmanaged } from './errors.ts';
import { itemsPage } from './pages.ts';
import { changeRule } from './ruleRows.ts';
import { arnIn, existing, type Place, ruleAccess } from './rules.ts';
import { checkTarget } from './targetChecks.ts';

export const PutTargets: Operation<Present<PutTargetsRequest>, PutTargetsResponse, Place> = {
  load: (input, ctx) => existing(ctx, input.Rule, input.EventBusName),
  access: (input, _ctx, place) => [
    ruleAccess(place, { 'events:TargetArn': input.Targets.map(({ Arn }) => Arn ?? '') }),
    ...rolesOf(input.Targets).map((role) => passRole(role, 'events.amazonaws.com', arnIn(place))),
  ],
  async run(input, ctx, { bus, rule }) {
    requireUnmanaged(rule!);
    const { Targets: given } = input;
    const ids = new Set(given.map(({ Id }) => Id));
    if (ids.size < given.length) refuse('Parameter Targets is not valid. Reason: Target ids must be unique.');
    for (const target of given) checkTarget(target, bus);
    const kept = rule!.targets.map((target) => given.find(({ Id }) => Id === target.Id) ?? target);
    const known = new Set(kept.map(({ Id }) => Id));
    const targets = [...kept, ...given.filter(({ Id }) => !known.has(Id))];
    if (targets.length > quota(ctx, 'TargetsPerRule', 5)) overLimit();
    await changeRule(ctx.store, rule, { ...rule!, targets });
    return { FailedEntryCount: 0, FailedEntries: [] };
  },
};

const rolesOf = (targets: readonly Target[]) => [...new Set(targets.flatMap(({ RoleArn }) => RoleArn ?? []))];

export const RemoveTargets: Operation<Present<RemoveTargetsRequest>, RemoveTargetsResponse, Place> = {
  load: (input, ctx) => existing(ctx, input.Rule, input.EventBusName),
  access: (_input, _ctx, place) => ruleAccess(place),
  async run(input, ctx, { rule }) {
    if (!input.Force) requireUnmanaged(rule!);
    const removed = new Set(input.Ids);
    const targets = rule!.targets.filter(({ Id }) => !removed.has(Id!));
    const known = new Set(rule!.targets.map(({ Id }) => Id));
    const FailedEntries = input.Ids.filter((id) => !known.has(id)).map((id) => ({
      TargetId: id,
      ErrorCode: 'ResourceNotFoundException',
      ErrorMessage: `Rule '${rule!.name}' does not have a target with the Id '${id}'.`,
    }));
    await changeRule(ctx.store, rule, { ...rule!, targets });
    return { FailedEntryCount: FailedEntries.length, FailedEntries };
  },
};

export const ListTargetsByRule: Operation<Present<ListTargetsByRuleRequest>, ListTargetsByRuleResponse, Place> = {
  load: (input, ctx) => existing(ctx, input.Rule, input.EventBusName),
  access: (_input, _ctx, place) => ruleAccess(place),
  async run(input, _ctx, { rule }) {
    const { items: Targets, page } = itemsPage(rule!.targets, input);
    return { Targets, ...page };
  },
};
