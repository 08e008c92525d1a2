/**
 * A message in tokens: words that may vary, and the signs between them. Only its beginning counts.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/LogsAnomalyDetection.html
 */

export interface Token {
  readonly text: string;
  /** What kind of value it is, where its form tells; '' for a number or an id of no known form. */
  readonly kind?: string | undefined;
}

export interface Tokens {
  /** What stands before each word, and after the last one. */
  readonly signs: readonly string[];
  readonly words: readonly Token[];
}

const LENGTH_MAX = 1_500;

/** Kinds in the order of their groups in TOKEN. */
const KINDS = ['Timestamp', 'Date', 'Time', 'UUID', 'IPAddress', 'Email', 'URL'];

/** Values whose form has signs in it, then words. */
const TOKEN = new RegExp(
  [
    '(\\d{4}-\\d\\d-\\d\\d[T ]\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?(?:Z|[+-]\\d\\d:?\\d\\d))',
    '(\\d{4}[-/]\\d\\d[-/]\\d\\d)(?!\\d)',
    '(\\d\\d:\\d\\d:\\d\\d(?:[.,]\\d{1,9})?)(?!\\d)',
    '([0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12})',
    '(\\d{1,3}(?:\\.\\d{1,3}){3})(?![\\d.])',
    '([\\w.+-]{1,64}@[\\w-]{1,63}(?:\\.[\\w-]{1,63}){1,8})',
    '(https?://[^\\s"\'<>]{1,500})',
    '[^\\s\\[\\]{}()<>"\',;:=|&]+',
  ].join('|'),
  'g',
);

export function tokensOf(message: string): Tokens {
  const text = message.slice(0, LENGTH_MAX);
  const signs: string[] = [];
  const words: Token[] = [];
  let at = 0;
  for (const found of text.matchAll(TOKEN)) {
    signs.push(text.slice(at, found.index));
    const [word, ...groups] = found;
    const kind = groups.findIndex((group) => group !== undefined);
    words.push({ text: word, kind: kind >= 0 ? KINDS[kind] : /\d/.test(word) ? '' : undefined });
    at = found.index + word.length;
  }
  signs.push(text.slice(at));
  return { signs, words };
}

const SEVERITIES: readonly (readonly [label: string, words: RegExp])[] = [
  ['FATAL', /\b(?:FATAL|CRITICAL|EMERGENCY|PANIC)\b/i],
  ['ERROR', /\b(?:ERROR|SEVERE|EXCEPTION|FAILED|FAILURE)\b/i],
  ['WARN', /\bWARN(?:ING)?\b/i],
  ['INFO', /\b(?:INFO|NOTICE)\b/i],
  ['DEBUG', /\bDEBUG\b/i],
  ['TRACE', /\bTRACE\b/i],
];

/** By keywords alone: `NONE` where there are none. */
export const severityOf = (text: string): string => SEVERITIES.find(([, words]) => words.test(text))?.[0] ?? 'NONE';

/** Words that tell the level are never variable. */
export const isLevel = (text: string): boolean =>
  /^(?:FATAL|CRITICAL|EMERGENCY|ERROR|SEVERE|WARN|WARNING|INFO|NOTICE|DEBUG|TRACE)$/i.test(text);
