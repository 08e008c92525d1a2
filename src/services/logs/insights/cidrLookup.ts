/**
 * `cidrlookup table ipField [as cidrColumn] OUTPUT field [as name], …`: of the narrowest network of a lookup table that
 * an address is in. Without a name the column of networks is `cidr`, or the table's first.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Cidrlookup.html
 */
import { isIPv4, isIPv6 } from 'node:net';
import { csvRows } from '../csv.ts';
import type { Budget } from './budget.ts';
import { type Lookup, tableName } from './lookup.ts';
import { fieldReader, type Row, withFields } from './records.ts';
import { fieldName, type Scanner, sign, word, wrong } from './scanner.ts';
import type { Stage } from './stages.ts';
import { textOf, type Value } from './values.ts';

type Fields = readonly (readonly [string, Value])[];

/** Networks by family and length of their prefix, the longest first, then by their first address. */
interface Networks {
  readonly lengths: readonly number[];
  readonly byLength: ReadonlyMap<number, ReadonlyMap<bigint, Fields>>;
}

interface Output {
  readonly column: string;
  readonly name: string;
}

const FAMILIES = [32, 128] as const;
type Bits = (typeof FAMILIES)[number];

export function cidrLookupAt(scanner: Scanner): { readonly lookup: Lookup; readonly stage: Stage } {
  const table = tableName(scanner);
  const read = fieldReader(fieldName(scanner) ?? wrong(scanner));
  const column = word(scanner, 'as') ? (fieldName(scanner) ?? wrong(scanner)) : undefined;
  const onlyNew = word(scanner, 'outputnew');
  if (!onlyNew && !word(scanner, 'output')) wrong(scanner);
  const outputs: Output[] = [];
  do {
    const from = fieldName(scanner) ?? wrong(scanner);
    outputs.push({ column: from, name: word(scanner, 'as') ? (fieldName(scanner) ?? wrong(scanner)) : from });
  } while (sign(scanner, ','));
  let networks: ReadonlyMap<Bits, Networks> | undefined;
  const lookup: Lookup = {
    table,
    output: outputs.map(({ name }) => name),
    filled: false,
    fill(text, memory) {
      networks = networksIn(text, column, outputs, memory);
    },
  };
  return { lookup, stage: cidrStage(outputs, onlyNew, (row) => foundIn(networks, textOf(read(row)) ?? '')) };
}

function cidrStage(outputs: readonly Output[], onlyNew: boolean, find: (row: Row) => Fields | undefined): Stage {
  const readers = new Map(outputs.map(({ name }) => [name, fieldReader(name)]));
  const isNew = (row: Row, name: string) => [null, ''].includes(readers.get(name)!(row) as string | null);
  return (next) => ({
    push(row) {
      const found = find(row) ?? [];
      const fields = onlyNew ? found.filter(([name]) => isNew(row, name)) : found;
      return next.push(fields.length > 0 ? withFields(row, fields) : row);
    },
    end: () => next.end(),
  });
}

function networksIn(text: string, column: string | undefined, outputs: readonly Output[], memory: Budget) {
  const [header = [], ...rows] = csvRows(text);
  const at = Math.max(0, header.indexOf(column ?? 'cidr'));
  const found = new Map<Bits, Map<number, Map<bigint, Fields>>>(FAMILIES.map((bits) => [bits, new Map()]));
  for (const row of rows) {
    const [base = '', prefix = ''] = (row[at] ?? '').split('/');
    const address = numberOfAddress(base);
    const length = prefix === '' ? address?.bits : Number(prefix);
    if (!address || length === undefined || !Number.isInteger(length) || length < 0 || length > address.bits) continue;
    const fields = outputs.map(({ column, name }) => [name, row[header.indexOf(column)] ?? null] as const);
    memory.take(150 + fields.reduce((sum, [, value]) => sum + 50 + 2 * String(value).length, 0));
    const lengths = found.get(address.bits)!;
    let networks = lengths.get(length);
    if (!networks) lengths.set(length, (networks = new Map()));
    const first = network(address.value, length, address.bits);
    if (!networks.has(first)) networks.set(first, fields);
  }
  return new Map(
    [...found].map(([bits, byLength]) => [bits, { byLength, lengths: [...byLength.keys()].sort((a, b) => b - a) }]),
  );
}

function foundIn(networks: ReadonlyMap<Bits, Networks> | undefined, text: string): Fields | undefined {
  const address = numberOfAddress(text);
  const family = address && networks?.get(address.bits);
  if (!address || !family) return undefined;
  for (const length of family.lengths) {
    const fields = family.byLength.get(length)!.get(network(address.value, length, address.bits));
    if (fields) return fields;
  }
  return undefined;
}

const network = (value: bigint, length: number, bits: number): bigint => value >> BigInt(bits - length);

function numberOfAddress(text: string): { readonly bits: Bits; readonly value: bigint } | undefined {
  if (isIPv4(text)) return { bits: 32, value: ofParts(text.split('.').map(Number), 8) };
  if (!isIPv6(text)) return undefined;
  const plain = text.replace(/%.*$/, '').replace(/\d+\.\d+\.\d+\.\d+$/, (v4) => {
    const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
  });
  const [head = '', tail] = plain.split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail ? tail.split(':') : [];
  const zeros = tail === undefined ? [] : Array<string>(8 - before.length - after.length).fill('0');
  const parts = [...before, ...zeros, ...after].map((part) => Number.parseInt(part, 16));
  return { bits: 128, value: ofParts(parts, 16) };
}

const ofParts = (parts: readonly number[], bits: number): bigint =>
  parts.reduce((all, part) => (all << BigInt(bits)) | BigInt(part), 0n);
