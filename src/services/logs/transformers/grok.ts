/**
 * Grok expressions: patterns with names and what stands between them, as one regular expression. What stands between
 * patterns is text, also where it would mean more in a regular expression; a backslash before a sign is left out.
 */
import { compileRegex, type Fuel, type Regex } from '../../../patterns/regex/index.ts';
import { COMMON_LOGS, type CommonLog } from './commonLogs.ts';
import { type Fields, type LogEvent, setField, textAt, Untransformable } from './event.ts';
import { GROK_PATTERNS, GROK_PATTERNS_MAX, grokLimitOf, WIDE_PATTERNS, WIDE_PATTERNS_MAX } from './grokPatterns.ts';
import { refuse } from './refusal.ts';

interface Named {
  readonly pattern: string;
  readonly field: string | undefined;
}

type Part = { readonly text: string } | Named;

const PART = /%\{([A-Z0-9_]+)(?::([^{}:]+))?\}/g;
const STEPS_MAX = 6_000;
const DEPTH_MAX = 3;

/** What the expression adds to an event. @throws InvalidParameterException for what is no grok expression */
export function grokOf(match: string, source: string | undefined): (event: LogEvent) => void {
  const parts = partsOf(match);
  const named = parts.filter((part) => 'pattern' in part);
  requireFew(named.map(({ pattern }) => pattern));
  const common = commonIn(
    named.map(({ pattern }) => pattern),
    parts,
  );
  const groups: Group[] = [];
  const text = parts.map((part) => ('text' in part ? escaped(part.text) : partText(part, groups, common))).join('');
  const last = parts.at(-1)!;
  const end = 'pattern' in last && last.pattern === 'DATA' ? '$' : ''; // Else it would always hold nothing.
  const regex = compileRegex((common ? '^' : '') + text + end, 'query', STEPS_MAX);
  if ('problem' in regex) return refuse(`The grok expression is not valid: ${regex.problem}`);
  const names = namesOf(regex, groups);
  return (event) => {
    const found = capturesIn(regex, textAt(event, source), event.fuel);
    if (!found) throw new Untransformable('The grok expression does not match.');
    const fields: Fields = {};
    found.forEach((value, i) => {
      if (value !== undefined) addTo(fields, names[i]!, value);
    });
    const made = common ? common.fieldsOf(fields as Record<string, string>) : fields;
    for (const [path, value] of Object.entries(made)) setField(event, path, value, true);
  };
}

const addTo = (fields: Fields, { name, quoted }: Group, value: string): void => {
  if (name !== '') fields[name] = quoted ? value.slice(1, -1) : value;
};

function partsOf(match: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (const found of match.matchAll(PART)) {
    if (found.index > at) parts.push({ text: match.slice(at, found.index) });
    parts.push({ pattern: found[1]!, field: found[2] });
    at = found.index + found[0].length;
  }
  if (at < match.length) parts.push({ text: match.slice(at) });
  const stray = parts.find((part) => 'text' in part && part.text.includes('%{'));
  if (stray) refuse('The grok expression has a pattern that is not %{PATTERN_NAME:FIELD_NAME}.');
  const long = parts.find((part) => 'field' in part && (part.field?.split('.').length ?? 0) > DEPTH_MAX);
  if (long) refuse('The maximum nested key depth is 3.');
  return parts;
}

function requireFew(patterns: readonly string[]): void {
  if (patterns.length === 0) refuse('The grok expression has no pattern.');
  if (patterns.length > GROK_PATTERNS_MAX) refuse(`The maximum number of grok patterns is ${GROK_PATTERNS_MAX}.`);
  const counts = new Map<string, number>();
  for (const pattern of patterns) {
    if (!Object.hasOwn(GROK_PATTERNS, pattern) && !Object.hasOwn(COMMON_LOGS, pattern)) {
      refuse(`The grok pattern ${pattern} is not supported.`);
    }
    const count = (counts.get(pattern) ?? 0) + 1;
    counts.set(pattern, count);
    if (count > grokLimitOf(pattern)) refuse(`The grok pattern ${pattern} is used more often than its limit.`);
  }
  if (patterns.filter((pattern) => WIDE_PATTERNS.has(pattern)).length > WIDE_PATTERNS_MAX) {
    refuse(`The grok patterns ${[...WIDE_PATTERNS].join(', ')} can be used ${WIDE_PATTERNS_MAX} times altogether.`);
  }
}

const DATA = new Set(['DATA', 'GREEDYDATA', 'GREEDYDATA_MULTILINE']);

/** A common log format comes first, and what follows it may be data only. */
function commonIn(patterns: readonly string[], parts: readonly Part[]): CommonLog | undefined {
  const at = patterns.findIndex((pattern) => Object.hasOwn(COMMON_LOGS, pattern));
  if (at < 0) return undefined;
  const [first, ...rest] = patterns;
  if (at > 0 || !('pattern' in parts[0]!) || rest.length > 1 || rest.some((pattern) => !DATA.has(pattern))) {
    refuse(
      `The grok pattern ${patterns[at]} must be first, and only DATA, GREEDYDATA or GREEDYDATA_MULTILINE may follow.`,
    );
  }
  return COMMON_LOGS[first!];
}

interface Group {
  readonly name: string;
  readonly quoted: boolean;
}

function partText(part: Named, groups: Group[], common: CommonLog | undefined): string {
  if (common && Object.hasOwn(COMMON_LOGS, part.pattern)) return common.regex;
  const inside = expanded(GROK_PATTERNS[part.pattern]!);
  if (part.field === undefined) return `(?:${inside.replaceAll(/\(\?<\w+>/g, '(?:')})`;
  groups.push({ name: part.field, quoted: part.pattern === 'QUOTEDSTRING' });
  return `(${inside})`;
}

/** The pattern with those in it put in their places. */
export const expanded = (text: string): string =>
  text.replaceAll(/%\{(\w+)\}/g, (_all, name) => `(?:${expanded(GROK_PATTERNS[name]!)})`);

const escaped = (text: string): string =>
  text.replaceAll(/\\?([^A-Za-z0-9])|\\/g, (_all, sign) => (sign === undefined ? '\\\\' : `\\${sign}`));

/** Groups without a name are those of the expression, in order. */
function namesOf(regex: Regex, groups: readonly Group[]): Group[] {
  let next = 0;
  return regex.names.map((name) => (name === '' ? groups[next++]! : { name, quoted: false }));
}

function capturesIn(regex: Regex, text: string, fuel: Fuel): (string | undefined)[] | undefined {
  const places = regex.exec(text, 0, fuel);
  return (
    places &&
    regex.names.map((_, i) => {
      const from = places[2 * i + 2]!;
      return from < 0 ? undefined : text.slice(from, places[2 * i + 3]);
    })
  );
}
