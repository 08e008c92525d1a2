/**
 * What a target gets of an event: the whole of it, a part, a constant, or a text made from a template.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
 */
import type { Target } from '@aws-sdk/client-eventbridge';
import type { Delivered } from './deliveries.ts';
import { ruleArn } from './names.ts';
import type { Rule } from './ruleRows.ts';

/** The text that goes to the target. */
export function inputOf(rule: Rule, target: Target, { happening, received }: Delivered): string {
  const { event } = happening;
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) return JSON.stringify(valueAt(event, target.InputPath) ?? {});
  const { InputPathsMap = {}, InputTemplate } = target.InputTransformer ?? {};
  if (InputTemplate === undefined) return JSON.stringify(event);
  const { detail: _, ...envelope } = event;
  const values = new Map<string, unknown>([
    ['aws.events.rule-arn', ruleArn(rule)],
    ['aws.events.rule-name', rule.name],
    ['aws.events.event.ingestion-time', new Date(received).toISOString()],
    ['aws.events.event', envelope],
    ['aws.events.event.json', event],
  ]);
  for (const [name, path] of Object.entries(InputPathsMap)) values.set(name, valueAt(event, path));
  return filled(InputTemplate, values);
}

export const RESERVED_VARIABLES: readonly string[] = [
  'aws.events.rule-arn',
  'aws.events.rule-name',
  'aws.events.event.ingestion-time',
  'aws.events.event',
  'aws.events.event.json',
];

const PLACEHOLDER = /<([A-Za-z0-9_.-]+)>/y;

/** The variables that a template names. */
export const placeholdersIn = (template: string): string[] =>
  Array.from(template.matchAll(/<([A-Za-z0-9_.-]+)>/g), ([, name]) => name!);

/**
 * Inside a string a value is its text, so that the string stays one; elsewhere it is JSON. A value that the event does
 * not have is empty.
 */
function filled(template: string, values: ReadonlyMap<string, unknown>): string {
  let inString = false;
  let result = '';
  for (let i = 0; i < template.length; i++) {
    const char = template[i]!;
    if (char === '<') {
      PLACEHOLDER.lastIndex = i;
      const match = PLACEHOLDER.exec(template);
      if (match) {
        result += shown(values.get(match[1]!), inString);
        i += match[0].length - 1;
        continue;
      }
    } else if (char === '\\' && inString) {
      result += char + (template[++i] ?? '');
      continue;
    } else if (char === '"') inString = !inString;
    result += char;
  }
  return result;
}

function shown(value: unknown, inString: boolean): string {
  if (!inString) return value === undefined ? '""' : JSON.stringify(value);
  if (value === undefined) return '';
  if (typeof value === 'string') return JSON.stringify(value).slice(1, -1);
  return JSON.stringify(value).replaceAll('"', '');
}

const STEP = /\.([\w/-]+)|\[(\d{1,6}|\*)\]|\['([^']+)'\]/y;

/** The steps of a path (`$.detail.list[0].name`), or undefined if EventBridge does not know such paths. */
export function stepsOf(path: string): readonly (string | number)[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: (string | number)[] = [];
  for (STEP.lastIndex = 1; STEP.lastIndex < path.length; ) {
    const match = STEP.exec(path);
    if (!match) return undefined;
    const [, name, index, quoted] = match;
    steps.push(name ?? quoted ?? (index === '*' ? '*' : Number(index)));
  }
  return steps;
}

/** Undefined where the event has nothing. */
export function valueAt(event: unknown, path: string): unknown {
  const steps = stepsOf(path);
  return steps && valueIn(event, steps, 0);
}

function valueIn(value: unknown, steps: readonly (string | number)[], at: number): unknown {
  const step = steps[at];
  if (step === undefined) return value;
  if (typeof value !== 'object' || value === null) return undefined;
  if (step === '*') {
    return Object.values(value).flatMap((each) => valueIn(each, steps, at + 1) ?? []);
  }
  return Object.hasOwn(value, step) ? valueIn((value as Record<string, unknown>)[step], steps, at + 1) : undefined;
}

/** A parameter of a target that may be a path into the event instead of a text. */
export function dynamic(text: string, event: unknown): string {
  if (!/^\$[.[]/.test(text)) return text;
  const value = valueAt(event, text);
  return value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
}
