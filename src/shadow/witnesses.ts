/**
 * "Can it do this to anything at all?" A policy allows an action on patterns; we try real ARNs made from them, and from
 * the shape AWS gives the action's resources, until one is allowed. The Region is the caller's to choose.
 */
import { actionFact, resourceType } from '../core/facts.ts';
import { reached } from '../policy/compile.ts';
import type { CompiledPolicy } from '../policy/index.ts';
import { type Answer, answer, type Given } from './answer.ts';
import type { Place, Standing } from './world.ts';

export interface Witness extends Answer {
  readonly resource: string;
}

const triesMax = 24;

/** The weakest of the best answers for each kind of resource; undefined where one is denied whatever is tried. */
export function witnessOf(standing: Standing, action: string, given: Given): Witness | undefined {
  let weakest: Witness | undefined;
  for (const templates of kindsOf(action)) {
    const best = bestOf(standing, action, resourcesOf(standing, action, templates), given);
    if (!best) return undefined;
    if (!weakest || best.verdict === 'Depends') weakest = best;
  }
  return weakest;
}

/** ARN templates, a list for each kind that must be allowed; of an action that works on `*` only, that. */
function kindsOf(action: string): readonly (readonly string[])[] {
  const [prefix = '', name = ''] = action.split(':');
  const types = actionFact(prefix, name)?.resourceTypes ?? [];
  const templates = (list: typeof types) => list.flatMap((type) => resourceType(prefix, type.name)?.arn ?? []);
  const required = types.filter((type) => type.required);
  if (required.length > 0) return required.map((type) => templates([type]));
  return [types.length > 0 ? templates(types) : ['*']];
}

function resourcesOf(standing: Standing, action: string, templates: readonly string[]): readonly string[] {
  if (templates[0] === '*') return ['*'];
  const { place, identity, boundary } = standing;
  const shapes = templates.map(
    (template) =>
      new RegExp(
        `^${template
          .split(/\$\{[^}]+\}/)
          .map(escaped)
          .join('.*')}$`,
      ),
  );
  const policies = [...identity, ...(boundary ? [boundary] : []), ...(place.scps?.flat() ?? [])];
  const patterns = policies.flatMap((policy) => patternsOf(policy, action));
  const found = new Set<string>();
  for (const region of regionsOf(place)) {
    for (const pattern of [...patterns, ...templates]) {
      const arn = filled(pattern, standing, region);
      if (shapes.some((shape) => shape.test(arn))) found.add(arn);
    }
  }
  return [...found].slice(0, triesMax);
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const patternsOf = (policy: CompiledPolicy, action: string) =>
  reached(policy.body, action).allows.flatMap((statement) => statement.element.resource ?? []);

/** Regions that the guardrails speak of, for one of them may be the one they leave open. */
function regionsOf(place: Place): readonly string[] {
  const texts = place.scps?.flat().map((policy) => policy.body.text) ?? [];
  const named = texts.flatMap((text) => text.match(/\b[a-z]{2}(?:-[a-z]+)+-\d\b/g) ?? []);
  return [...new Set(['us-east-1', ...named])].slice(0, 8);
}

/** An ARN that fits the pattern or template: of the caller's account, named `x` where anything goes. */
function filled(pattern: string, { subject, entries }: Standing, region: string): string {
  const values: Record<string, string> = { Partition: 'aws', Region: region, Account: subject.account };
  const plain = pattern.replace(/\$\{([^},]+)[^}]*\}/g, (_, name: string) => {
    const value = values[name] ?? entries[name];
    return typeof value === 'string' ? value : 'x';
  });
  const fields = plain.split(':');
  if (fields[0] !== 'arn' || fields.length < 6) return plain;
  const [partition, service, place, account] = fields.slice(1, 5).map((field) => field.includes('*'));
  if (partition) fields[1] = 'aws';
  if (service) return plain;
  if (place) fields[3] = region;
  if (account) fields[4] = subject.account;
  return fields.map((field) => field.replace(/[*?]/g, 'x')).join(':');
}

function bestOf(standing: Standing, action: string, resources: readonly string[], given: Given): Witness | undefined {
  let best: Witness | undefined;
  for (const resource of resources) {
    for (const region of resource === '*' ? regionsOf(standing.place) : [undefined]) {
      const context = region === undefined ? given.context : { 'aws:RequestedRegion': region, ...given.context };
      const target = { resource, place: standing.place };
      const found = answer(standing, action, target, { ...given, context });
      if (found.verdict === 'Allowed') return { ...found, resource };
      if (found.verdict === 'Depends') best ??= { ...found, resource };
    }
  }
  return best;
}
