/**
 * Which events a trail logs. Basic selectors are kept as they were given, and read as the advanced ones that mean the
 * same.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/filtering-data-events.html
 */
import {
  type EventSelector as BasicSelector,
  type GetEventSelectorsRequest,
  type GetEventSelectorsResponse,
  InvalidEventSelectorsException,
  type PutEventSelectorsRequest,
  type PutEventSelectorsResponse,
} from '@aws-sdk/client-cloudtrail';
import { fail } from '../../core/errors.ts';
import type { EventSelector, FieldSelector } from '../../core/eventSelectors.ts';
import type { Operation, Present } from '../../core/operation.ts';
import { requireAdvancedSelectors, requireBasicSelectors, TRAIL_FIELDS } from './selectorRules.ts';
import { findTrail, requireHome, trailAccess } from './trailNames.ts';
import { type Trail, trailArn, trails } from './trailRows.ts';
import { writeWishes } from './wishes.ts';

const DEFAULT: BasicSelector = {
  ReadWriteType: 'All',
  IncludeManagementEvents: true,
  DataResources: [],
  ExcludeManagementEventSources: [],
};

/** Whether the trail logs what every trail logs: all management events and nothing else. */
export const isDefault = ({ selectors, advanced }: Trail): boolean =>
  advanced === undefined &&
  (selectors === undefined || (selectors.length === 1 && JSON.stringify(selectors[0]) === JSON.stringify(DEFAULT)));

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PutEventSelectors.html */
export const PutEventSelectors: Operation<Present<PutEventSelectorsRequest>, PutEventSelectorsResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.TrailName),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  async run(input, ctx, trail) {
    await requireHome(ctx, trail);
    const { EventSelectors: basic, AdvancedEventSelectors: advanced } = input;
    if ((basic?.length ?? 0) > 0 === (advanced?.length ?? 0) > 0) {
      const sentence = 'Specify either EventSelectors or AdvancedEventSelectors, and not both.';
      fail(InvalidEventSelectorsException, sentence);
    }
    const { selectors: _, advanced: __, ...rest } = trail;
    const after: Trail = { ...rest, ...(advanced?.length ? { advanced } : { selectors: complete(basic ?? []) }) };
    if (after.advanced) requireAdvancedSelectors(after.advanced, TRAIL_FIELDS);
    else requireBasicSelectors(after.selectors ?? []);
    await ctx.store.replace(trails, after);
    await writeWishes(ctx, after);
    return view(after);
  },
};

/** https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_GetEventSelectors.html */
export const GetEventSelectors: Operation<Present<GetEventSelectorsRequest>, GetEventSelectorsResponse, Trail> = {
  load: (input, ctx) => findTrail(ctx, input.TrailName),
  access: (_input, ctx, trail) => trailAccess(ctx, trail),
  run: async (_input, _ctx, trail) => view(trail),
};

function view(trail: Trail): GetEventSelectorsResponse {
  const TrailARN = trailArn(trail);
  if (trail.advanced) return { TrailARN, AdvancedEventSelectors: [...trail.advanced] };
  return { TrailARN, EventSelectors: [...(trail.selectors ?? [DEFAULT])] };
}

const complete = (selectors: readonly BasicSelector[]): readonly BasicSelector[] =>
  selectors.map((selector) => ({
    ReadWriteType: selector.ReadWriteType ?? 'All',
    IncludeManagementEvents: selector.IncludeManagementEvents ?? true,
    DataResources: selector.DataResources ?? [],
    ExcludeManagementEventSources: selector.ExcludeManagementEventSources ?? [],
  }));

const compiled = new WeakMap<Trail, readonly EventSelector[]>();

/** What the trail logs, as advanced selectors. Worked out once for a row. */
export function selectorsOf(trail: Trail): readonly EventSelector[] {
  let selectors = compiled.get(trail);
  if (selectors === undefined) {
    selectors = trail.advanced
      ? trail.advanced.map(({ FieldSelectors = [] }) => FieldSelectors as EventSelector)
      : (trail.selectors ?? [DEFAULT]).flatMap(advancedOf);
    compiled.set(trail, selectors);
  }
  return selectors;
}

/** Those of them that ask for data events. */
export const dataSelectors = (trail: Trail): readonly EventSelector[] =>
  selectorsOf(trail).filter((selector) => categoryOf(selector) === 'Data');

export const categoryOf = (selector: EventSelector): string | undefined =>
  selector.find(({ Field }) => Field === 'eventCategory')?.Equals?.[0];

function advancedOf(selector: BasicSelector): EventSelector[] {
  const kind: FieldSelector[] =
    selector.ReadWriteType === 'All'
      ? []
      : [{ Field: 'readOnly', Equals: [String(selector.ReadWriteType === 'ReadOnly')] }];
  const excluded = selector.ExcludeManagementEventSources ?? [];
  const management: FieldSelector[] = [{ Field: 'eventCategory', Equals: ['Management'] }, ...kind];
  if (excluded.length > 0) management.push({ Field: 'eventSource', NotEquals: excluded });
  const data = (selector.DataResources ?? []).flatMap(({ Type = '', Values = [] }) =>
    Values.map(
      (value): EventSelector => [
        { Field: 'eventCategory', Equals: ['Data'] },
        { Field: 'resources.type', Equals: [Type] },
        ...kind,
        isExact(value) ? { Field: 'resources.ARN', Equals: [value] } : { Field: 'resources.ARN', StartsWith: [value] },
      ],
    ),
  );
  return [...(selector.IncludeManagementEvents === false ? [] : [management]), ...data];
}

/** ARNs of functions and tables are exact; what is said of buckets is the beginning of what is meant. */
const isExact = (value: string) => /^arn:[\w-]+:(lambda|dynamodb):.+:/.test(value);
