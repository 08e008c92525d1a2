/**
 * `SOURCE logGroups(namePrefix: ['a'], class: ['STANDARD'])`: which log groups a query is about.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Source.html
 */
import { need, peekWord, quoted, type Scanner, sign, word, wrong } from './scanner.ts';

export interface Selection {
  readonly prefixes: readonly string[];
  readonly classes: readonly string[];
  /** Empty: the caller's own. */
  readonly accounts: readonly string[];
}

const LIMITS: Readonly<Record<string, readonly [member: keyof Selection, most: number]>> = {
  nameprefix: ['prefixes', 5],
  class: ['classes', 2],
  loggroupclass: ['classes', 2],
  accountidentifiers: ['accounts', 20],
  accountidentifier: ['accounts', 20],
};

export function selectionAt(scanner: Scanner): Selection {
  if (!word(scanner, 'loggroups')) wrong(scanner, 'only logGroups() is supported as a source');
  need(scanner, '(');
  const found: { -readonly [K in keyof Selection]: readonly string[] } = { prefixes: [], classes: [], accounts: [] };
  if (!sign(scanner, ')')) {
    do {
      const name = peekWord(scanner);
      const known = LIMITS[name];
      if (!known) return wrong(scanner);
      scanner.at += name.length;
      need(scanner, ':');
      found[known[0]] = listAt(scanner, known[1]);
    } while (sign(scanner, ','));
    need(scanner, ')');
  }
  return { ...found, classes: found.classes.length > 0 ? found.classes : ['STANDARD'] };
}

function listAt(scanner: Scanner, most: number): string[] {
  need(scanner, '[');
  const items: string[] = [];
  do items.push(quoted(scanner) ?? wrong(scanner));
  while (sign(scanner, ','));
  need(scanner, ']');
  return items.length > most ? wrong(scanner, `at most ${most} are allowed here`) : items;
}
