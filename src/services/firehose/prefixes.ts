/**
 * Prefixes of objects, with what they say in `!{namespace:value}`.
 * https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html
 */
import type { Dice } from '../../core/ids.ts';
import { formatted, isDateFormat } from './dateFormats.ts';

/** What prefixes are evaluated with. */
export interface Moment extends Dice {
  /** Milliseconds: when the oldest record of the object came. */
  readonly time: number;
  readonly zone: string;
  /** Names the kind of failure, in an error prefix. */
  readonly errorType?: string;
  readonly keys?: Readonly<Record<string, string>>;
}

type Part = string | { readonly namespace: string; readonly value: string };

const NAMESPACES: Readonly<Record<string, (value: string, at: Moment) => string>> = {
  timestamp: (value, { time, zone }) => formatted(value, time, zone),
  firehose: (value, at) => (value === 'random-string' ? randomString(at) : (at.errorType ?? '')),
  partitionKeyFromQuery: (value, { keys = {} }) => keys[value] ?? '',
};

/** Of one that is evaluated. */
export const PREFIX_MAX = 512;

const STANDARD = 'yyyy/MM/dd/HH/';

const partsOf = (prefix: string): Part[] =>
  prefix.split(/(!\{[^}]*\})/).flatMap((text): Part[] => {
    const [, namespace, value = ''] = /^!\{([^:}]*):?([^}]*)\}$/.exec(text) ?? [];
    if (namespace === undefined) return text === '' ? [] : [text];
    return [{ namespace, value }];
  });

const evaluated = (parts: readonly Part[], at: Moment) =>
  parts.map((part) => (typeof part === 'string' ? part : NAMESPACES[part.namespace]!(part.value, at))).join('');

const isOf = (namespace: string) => (part: Part) => typeof part === 'object' && part.namespace === namespace;

/** Where delivered records go: by the hour, unless the prefix says a time itself, or what else divides them. */
export function prefixAt(prefix: string | undefined, at: Moment): string {
  const parts = partsOf(prefix ?? '');
  const own = parts.some(isOf('timestamp')) || parts.some(isOf('partitionKeyFromQuery'));
  return evaluated(own ? parts : [...parts, { namespace: 'timestamp', value: STANDARD }], at);
}

/** Where records go that could not be delivered. */
export function errorPrefixAt(
  settings: { readonly Prefix?: string | undefined; readonly ErrorOutputPrefix?: string | undefined },
  at: Moment & { readonly errorType: string },
): string {
  const { Prefix = '', ErrorOutputPrefix } = settings;
  if (ErrorOutputPrefix !== undefined && ErrorOutputPrefix !== '') return evaluated(partsOf(ErrorOutputPrefix), at);
  return `${Prefix}${at.errorType}/${formatted(STANDARD, at.time, at.zone)}`;
}

const randomString = ({ random }: Dice) =>
  Buffer.from(random(6))
    .toString('hex')
    .slice(0, 8)
    .concat('-', Buffer.from(random(1)).toString('hex'));

/** What is wrong with a pair of prefixes, or undefined. */
export function prefixFault(prefix = '', errorPrefix = '', keys: ReadonlySet<string> | undefined): string | undefined {
  const parts = partsOf(prefix);
  const errorParts = partsOf(errorPrefix);
  const fault = partsFault('Prefix', parts) ?? partsFault('ErrorOutputPrefix', errorParts);
  if (fault) return fault;
  if (parts.some((part) => isErrorType(part))) return 'Prefix cannot contain !{firehose:error-output-type}.';
  if (errorPrefix === '' && parts.some((part) => typeof part === 'object')) {
    return "ErrorOutputPrefix can't be null when Prefix contains expressions.";
  }
  if (errorParts.some((part) => typeof part === 'object') && !errorParts.some(isErrorType)) {
    return 'ErrorOutputPrefix with expressions must contain !{firehose:error-output-type}.';
  }
  if (errorParts.some(isOf('partitionKeyFromQuery'))) {
    return 'ErrorOutputPrefix cannot contain partition keys.';
  }
  const example = { time: 0, zone: 'UTC', random: (bytes: number) => new Uint8Array(bytes), errorType: '' };
  if (prefixAt(prefix, example).length > PREFIX_MAX) return `Prefix is longer than ${PREFIX_MAX} characters.`;
  if (evaluated(errorParts, example).length > PREFIX_MAX)
    return `ErrorOutputPrefix is longer than ${PREFIX_MAX} characters.`;
  return keysFault(parts, keys);
}

const isErrorType = (part: Part) => typeof part === 'object' && part.value === 'error-output-type';

function partsFault(name: string, parts: readonly Part[]): string | undefined {
  for (const part of parts) {
    if (typeof part === 'string') {
      if (part.includes('!{')) return `${name} contains an expression that does not end.`;
      continue;
    }
    const { namespace, value } = part;
    if (namespace === 'partitionKeyFromLambda')
      return `${name} contains partitionKeyFromLambda without a Lambda function.`;
    if (!Object.hasOwn(NAMESPACES, namespace)) return `${name} contains an unknown namespace: ${namespace}.`;
    if (namespace === 'timestamp' && !isDateFormat(value))
      return `${name} contains an invalid timestamp format: ${value}.`;
    if (namespace === 'firehose' && value !== 'random-string' && value !== 'error-output-type') {
      return `${name} contains an unknown value of the namespace firehose: ${value}.`;
    }
  }
  return undefined;
}

function keysFault(parts: readonly Part[], keys: ReadonlySet<string> | undefined): string | undefined {
  const named = parts.flatMap((part) =>
    typeof part === 'object' && part.namespace === 'partitionKeyFromQuery' ? [part.value] : [],
  );
  if (!keys) {
    return named.length > 0 ? 'Partition keys in Prefix need dynamic partitioning to be enabled.' : undefined;
  }
  const unknown = named.find((key) => !keys.has(key));
  if (unknown !== undefined) return `Prefix names the partition key ${unknown}, which no query gives.`;
  const unnamed = [...keys].find((key) => !named.includes(key));
  return unnamed === undefined ? undefined : `The partition key ${unnamed} is not in Prefix.`;
}
