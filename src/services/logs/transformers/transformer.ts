/**
 * A transformer: processors one after another, from a message as it was ingested to a JSON object. Compiled once for
 * its configuration.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Create.html
 */
import type { Processor } from '@aws-sdk/client-cloudwatch-logs';
import { type Fuel, TooCostly } from '../../../patterns/regex/index.ts';
import { dateTimeConverter } from './dates.ts';
import { type LogEvent, type Origin, Untransformable } from './event.ts';
import { grokOf } from './grok.ts';
import {
  addKeys,
  copyValue,
  deleteKeys,
  listToMap,
  moveKeys,
  renameKeys,
  splitString,
  substituteString,
  textMutation,
  typeConverter,
} from './mutations.ts';
import { parseCsv, parseJson, parseKeyValue } from './parsers.ts';
import { refuse } from './refusal.ts';
import { VENDED_PARSERS } from './vendedLogs.ts';

type Process = (event: LogEvent) => void;
type Kind = keyof Processor;

// biome-ignore lint/suspicious/noExplicitAny: each takes the configuration that stands under its own name
const PROCESSORS: Readonly<Record<string, (config: any) => Process>> = {
  addKeys,
  copyValue,
  csv: parseCsv,
  dateTimeConverter,
  deleteKeys,
  grok: ({ match, source }: { match: string; source?: string }) => grokOf(match, source),
  listToMap,
  lowerCaseString: textMutation((text) => text.toLowerCase()),
  moveKeys,
  parseJSON: parseJson,
  parseKeyValue,
  renameKeys,
  splitString,
  substituteString,
  trimString: textMutation((text) => text.trim()),
  typeConverter,
  upperCaseString: textMutation((text) => text.toUpperCase()),
  ...Object.fromEntries(Object.entries(VENDED_PARSERS).map(([name, parse]) => [name, () => parse])),
};

const VENDED = new Set<string>([...Object.keys(VENDED_PARSERS), 'parseToOCSF']);
const PARSERS = new Set<string>([...VENDED, 'csv', 'grok', 'parseJSON', 'parseKeyValue']);
const PARSERS_MAX = 5;
const ONCE: readonly Kind[] = ['grok', 'addKeys', 'copyValue'];
const DEPTH_MAX = 3;
const MESSAGE_BYTES_MAX = 512 * 1024;
const FIELDS_MAX = 200;

export interface Transformer {
  /** JSON; undefined for an event that cannot be transformed. `fuel` bounds what matching may cost. */
  transform(message: string, origin: Origin, fuel: Fuel): string | undefined;
}

/** @throws InvalidParameterException for a configuration that is none */
export function transformerOf(config: readonly Processor[]): Transformer {
  const kinds = config.map(kindOf);
  requireOrder(kinds);
  config.forEach(requireShallow);
  const processes = config.map((processor, i) => PROCESSORS[kinds[i]!]!(processor[kinds[i]!]));
  return {
    transform(message, origin, fuel) {
      if (Buffer.byteLength(message) >= MESSAGE_BYTES_MAX) return undefined;
      const event: LogEvent = { message, fields: {}, origin, fuel };
      try {
        for (const process of processes) process(event);
      } catch (error) {
        if (error instanceof Untransformable || error instanceof TooCostly) return undefined;
        throw error;
      }
      return countFields(event.fields) > FIELDS_MAX ? undefined : JSON.stringify(event.fields);
    },
  };
}

function kindOf(processor: Processor): Kind {
  const kinds = (Object.keys(processor) as Kind[]).filter((kind) => processor[kind] !== undefined);
  if (kinds.length !== 1) refuse('each entry must have exactly one processor.');
  if (kinds[0] === 'parseToOCSF') refuse('the processor parseToOCSF is not supported.');
  return kinds[0]!;
}

function requireOrder(kinds: readonly Kind[]): void {
  const parsers = kinds.filter((kind) => PARSERS.has(kind));
  if (!PARSERS.has(kinds[0]!)) refuse('the first processor must be a parser.');
  if (parsers.length > PARSERS_MAX) refuse(`a transformer can have ${PARSERS_MAX} parsers at most.`);
  if (kinds.slice(1).some((kind) => VENDED.has(kind))) refuse('a parser of vended logs must be the first processor.');
  const twice = ONCE.find((kind) => kinds.indexOf(kind) !== kinds.lastIndexOf(kind));
  if (twice) refuse(`a transformer can have one ${twice} processor only.`);
}

const PATHS = new Set(['source', 'target', 'destination', 'key', 'withKeys', 'columns']);
const MESSAGE_ONLY = '@message';

/** Paths lead three levels down at most; parsers of vended logs read the message. */
function requireShallow(processor: Processor): void {
  const kind = kindOf(processor);
  const config = processor[kind] as Record<string, unknown>;
  if (VENDED.has(kind) && (config.source ?? MESSAGE_ONLY) !== MESSAGE_ONLY) refuse(`${kind} accepts only @message.`);
  for (const entry of [config, ...((config.entries as Record<string, unknown>[] | undefined) ?? [])]) {
    const paths = Object.entries(entry).flatMap(([name, value]) => (PATHS.has(name) ? [value].flat() : []));
    if (paths.some((path) => String(path).split('.').length > DEPTH_MAX)) refuse('the maximum nested key depth is 3.');
  }
}

function countFields(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 0;
  for (const each of Object.values(value)) count += countFields(each);
  return count;
}
