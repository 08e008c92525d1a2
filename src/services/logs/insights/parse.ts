/**
 * The `parse` command: fields out of a text, by a glob or by a regular expression.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Parse.html
 */
import type { Regex } from '../../../patterns/regex/index.ts';
import { type Evaluate, primaryAt, type Scope } from './expressions.ts';
import { fieldReader } from './records.ts';
import { fieldName, quoted, regexLiteral, type Scanner, sign, word, wrong } from './scanner.ts';
import type { Extract } from './stages.ts';
import { textOf } from './values.ts';

export interface Parsing {
  readonly names: readonly string[];
  readonly extract: Extract;
}

/** What follows the word `parse`. */
export function parsingAt(scope: Scope): Parsing {
  const { scanner } = scope;
  const start = scanner.at;
  const source = isPattern(scanner) ? fieldReader('@message') : primaryAt(scope);
  const regex = regexLiteral(scanner);
  if (regex) return byRegex(scanner, source, regex);
  const glob = quoted(scanner);
  if (glob === undefined) return wrong(scanner);
  const names = namesAt(scanner);
  if (names.length !== glob.split('*').length - 1) {
    wrong(scanner, 'the number of wildcards in the glob is not the number of fields', start);
  }
  return { names, extract: globExtract(source, glob, names) };
}

/** Without a field the message is parsed. */
function isPattern(scanner: Scanner): boolean {
  const start = scanner.at;
  const found = quoted(scanner) ?? regexLiteral(scanner);
  scanner.at = start;
  return found !== undefined;
}

function namesAt(scanner: Scanner): string[] {
  if (!word(scanner, 'as')) return [];
  const names: string[] = [];
  do names.push(fieldName(scanner) ?? wrong(scanner));
  while (sign(scanner, ','));
  return names;
}

function byRegex(scanner: Scanner, source: Evaluate, regex: Regex): Parsing {
  const given = namesAt(scanner);
  const named = regex.names.flatMap((name, i) => (name === '' ? [] : [[name, i + 1] as const]));
  const groups = named.length > 0 ? named : given.map((name, i) => [name, i + 1] as const);
  if (groups.length === 0 || groups.some(([, group]) => group > regex.names.length)) {
    wrong(scanner, 'the regular expression has no group for a field');
  }
  const nothing = groups.map(([name]) => [name, null] as const);
  return {
    names: groups.map(([name]) => name),
    extract(row) {
      const text = textOf(source(row));
      const places = text === undefined ? undefined : regex.exec(text);
      if (text === undefined || !places) return nothing;
      return groups.map(([name, group]) => {
        const from = places[2 * group] ?? -1;
        return [name, from < 0 ? null : text.slice(from, places[2 * group + 1])] as const;
      });
    },
  };
}

/** Each wildcard takes as little as it can, but the last one at the end, which takes the rest. */
function globExtract(source: Evaluate, glob: string, names: readonly string[]): Extract {
  const parts = glob.split('*');
  const nothing = names.map((name) => [name, null] as const);
  return (row) => {
    const text = textOf(source(row));
    let at = text === undefined ? -1 : text.indexOf(parts[0]!);
    if (text === undefined || at < 0) return nothing;
    at += parts[0]!.length;
    const found: (readonly [string, string])[] = [];
    for (let i = 1; i < parts.length; i++) {
      const part = parts[i]!;
      const end = part === '' && i === parts.length - 1 ? text.length : text.indexOf(part, at);
      if (end < 0) return nothing;
      found.push([names[i - 1]!, text.slice(at, end)]);
      at = end + part.length;
    }
    return found;
  };
}
