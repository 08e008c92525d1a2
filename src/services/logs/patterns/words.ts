/** Space-delimited patterns: `[ip, user, …, status = 4*, bytes > 1000]`. */
import {
  eat,
  type FilterPattern,
  invalid,
  operatorAt,
  type Reader,
  type Subject,
  skipSpace,
  type Test,
  testAt,
} from './pattern.ts';

interface Field {
  readonly name: string;
  readonly test?: Test | undefined;
}

const BARE = /[^\s,\]&|"%=<>!()]/;
const NAME = /[A-Za-z0-9_.-]/;
const FIELDS_MAX = 200;

export function wordsPattern(text: string): FilterPattern {
  const reader: Reader = { text, at: 0, regexes: 0 };
  eat(reader, '[');
  const fields: (Field | 'any')[] = [];
  do {
    fields.push(eat(reader, '...') ? 'any' : fieldAt(reader, fields.length + 1));
    if (fields.length > FIELDS_MAX) invalid('too many fields');
  } while (eat(reader, ','));
  if (!eat(reader, ']')) invalid("']' is missing");
  skipSpace(reader);
  if (reader.at < text.length) invalid("nothing may follow ']'");
  const gap = fields.indexOf('any');
  if (gap !== fields.lastIndexOf('any')) invalid("'...' may be there once");
  const named = fields.filter((field) => field !== 'any');
  if (new Set(named.map(({ name }) => name)).size < named.length) invalid('two fields have one name');
  const assigned = (subject: Subject) => assign(named, gap, subject.words());
  const values = (subject: Subject): Record<string, string> => {
    const found = assigned(subject) ?? [];
    return Object.fromEntries(found.map((value, i) => [`$${named[i]!.name}`, value]));
  };
  return {
    kind: 'words',
    names: new Set(named.map(({ name }) => `$${name}`)),
    regexes: reader.regexes,
    matches(subject, fuel) {
      const found = assigned(subject);
      return found?.every((value, i) => named[i]!.test?.(value, fuel) ?? true) ?? false;
    },
    extract: values,
    value: (subject, name) => values(subject)[name],
  };
}

/** Fields without a name are called by their number. */
function fieldAt(reader: Reader, number: number): Field {
  const name = nameAt(reader);
  skipSpace(reader);
  const test = ',]'.includes(reader.text[reader.at] ?? ',') ? undefined : eitherAt(reader, name);
  return { name: name === '' ? String(number) : name, test };
}

function nameAt(reader: Reader): string {
  skipSpace(reader);
  const start = reader.at;
  while (NAME.test(reader.text[reader.at] ?? '')) reader.at++;
  return reader.text.slice(start, reader.at);
}

/** `status = 404 || status = 410`, of which the first name is read. */
function eitherAt(reader: Reader, name: string): Test {
  const tests = [bothAt(reader, name, true)];
  while (eat(reader, '||')) tests.push(bothAt(reader, name, false));
  return tests.length === 1 ? tests[0]! : (value, fuel) => tests.some((test) => test(value, fuel));
}

function bothAt(reader: Reader, name: string, named: boolean): Test {
  const tests = [conditionAt(reader, name, named)];
  while (eat(reader, '&&')) tests.push(conditionAt(reader, name, false));
  return tests.length === 1 ? tests[0]! : (value, fuel) => tests.every((test) => test(value, fuel));
}

function conditionAt(reader: Reader, name: string, named: boolean): Test {
  if (!named && nameAt(reader) !== name) invalid('a condition names another field');
  const operator = operatorAt(reader) ?? invalid('an operator is missing');
  return testAt(reader, operator, BARE);
}

/**
 * The words for the named fields: `...` takes as many as the others leave, the last field all that is left.
 * Undefined where there are too few.
 */
function assign(named: readonly Field[], gap: number, words: readonly string[]): readonly string[] | undefined {
  if (words.length < named.length) return undefined;
  if (gap >= 0) return [...words.slice(0, gap), ...words.slice(words.length - (named.length - gap))];
  const last = words.slice(named.length - 1).join(' ');
  return [...words.slice(0, named.length - 1), last];
}

/** What is in quotation marks or brackets is one word. */
export function wordsIn(message: string): string[] {
  const words: string[] = [];
  for (let at = 0; at < message.length; ) {
    const char = message[at]!;
    if (char === ' ' || char === '\t' || char === '\n' || char === '\r') {
      at++;
      continue;
    }
    const close = char === '"' ? message.indexOf('"', at + 1) : char === '[' ? message.indexOf(']', at + 1) : -1;
    if (close > 0) {
      words.push(message.slice(at + 1, close));
      at = close + 1;
      continue;
    }
    let end = at + 1;
    while (end < message.length && !/\s/.test(message[end]!)) end++;
    words.push(message.slice(at, end));
    at = end;
  }
  return words;
}
