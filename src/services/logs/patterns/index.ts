/**
 * Filter patterns, in their three syntaxes. A pattern is compiled once for its text; matching takes time linear in the
 * message.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../../core/errors.ts';
import { type Fuel, TooCostly } from '../../../patterns/regex/index.ts';
import { jsonPattern } from './json.ts';
import { type FilterPattern, InvalidPattern, type Subject } from './pattern.ts';
import { termsPattern } from './terms.ts';
import { wordsIn, wordsPattern } from './words.ts';

export type { FilterPattern, Subject } from './pattern.ts';

const compiled = new Map<string, FilterPattern>();
const COMPILED_MAX = 300;

/** @throws InvalidPattern */
function compile(text: string): FilterPattern {
  const known = compiled.get(text);
  if (known) return known;
  const start = text.trimStart()[0];
  const pattern = start === '{' ? jsonPattern(text) : start === '[' ? wordsPattern(text) : termsPattern(text);
  if (compiled.size >= COMPILED_MAX) compiled.clear();
  compiled.set(text, pattern);
  return pattern;
}

/** @throws InvalidParameterException for a text that is no pattern. */
export function filterPattern(text: string, what = 'filter pattern'): FilterPattern {
  try {
    return compile(text);
  } catch (error) {
    if (error instanceof InvalidPattern) fail(InvalidParameterException, `Invalid ${what}`);
    throw error;
  }
}

/** What matching one pattern may cost in a batch of events: about half a second. */
const BATCH_FUEL = 6_000_000;
/** What each event may cost all the same: enough for what is no trap. */
const EVENT_FUEL_MIN = 10_000;

/** Matches the events of a batch. Undefined for one that would take too long to look at. */
export function matcherOf(pattern: FilterPattern): (subject: Subject) => boolean | undefined {
  const fuel: Fuel = { left: BATCH_FUEL };
  return (subject) => {
    fuel.left = Math.max(fuel.left, EVENT_FUEL_MIN);
    try {
      return pattern.matches(subject, fuel);
    } catch (error) {
      if (error instanceof TooCostly) return undefined;
      throw error;
    }
  };
}

export function subjectOf(message: string): Subject {
  let json: object | undefined | null = null;
  let words: readonly string[] | undefined;
  return {
    message,
    json: () => (json === null ? (json = objectIn(message)) : json),
    words: () => (words ??= wordsIn(message)),
  };
}

function objectIn(message: string): object | undefined {
  if (message.trimStart()[0] !== '{') return undefined;
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
