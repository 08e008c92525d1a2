/** Processors that change fields. What is not there, or is no text where text is meant, they leave alone. */
import type {
  AddKeys,
  CopyValue,
  DeleteKeys,
  ListToMap,
  MoveKeys,
  RenameKeys,
  SplitString,
  SubstituteString,
  TypeConverter,
} from '@aws-sdk/client-cloudwatch-logs';
import { compileRegex, type Fuel, type Regex } from '../../../patterns/regex/index.ts';
import { type Fields, fieldAt, type LogEvent, merge, type Origin, removeField, setField } from './event.ts';
import { refuse } from './refusal.ts';

type Process = (event: LogEvent) => void;

export const addKeys = ({ entries = [] }: AddKeys): Process => {
  return (event) => {
    for (const { key = '', value, overwriteIfExists = false } of entries)
      setField(event, key, value, overwriteIfExists);
  };
};

export const deleteKeys = ({ withKeys = [] }: DeleteKeys): Process => {
  return (event) => {
    for (const key of withKeys) removeField(event, key);
  };
};

/** Into an object it goes under its own name. */
export const moveKeys = ({ entries = [] }: MoveKeys): Process => {
  return (event) => {
    for (const { source = '', target = '', overwriteIfExists = false } of entries) {
      const value = fieldAt(event, source);
      if (value === undefined) continue;
      const own = source.slice(source.lastIndexOf('.') + 1);
      const to = isObject(fieldAt(event, target)) ? `${target}.${own}` : target;
      moved(event, source, to, overwriteIfExists);
    }
  };
};

export const renameKeys = ({ entries = [] }: RenameKeys): Process => {
  return (event) => {
    for (const { key = '', renameTo = '', overwriteIfExists = false } of entries) {
      const cut = key.lastIndexOf('.');
      const to = cut < 0 || renameTo.includes('.') ? renameTo : `${key.slice(0, cut)}.${renameTo}`;
      moved(event, key, to, overwriteIfExists);
    }
  };
};

function moved(event: LogEvent, from: string, to: string, overwrite: boolean): void {
  const value = fieldAt(event, from);
  if (value === undefined || from === to || (!overwrite && fieldAt(event, to) !== undefined)) return;
  removeField(event, from);
  setField(event, to, value, overwrite);
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const METADATA: Readonly<Record<string, keyof Origin>> = {
  '@logGroupName': 'group',
  '@logGroupStream': 'stream',
  '@accountId': 'account',
  '@regionName': 'region',
};

export const copyValue = ({ entries = [] }: CopyValue): Process => {
  return (event) => {
    for (const { source = '', target = '', overwriteIfExists = false } of entries) {
      const metadata = Object.hasOwn(METADATA, source) ? METADATA[source] : undefined;
      const value = metadata ? event.origin[metadata] : fieldAt(event, source);
      if (value !== undefined) setField(event, target, structuredClone(value), overwriteIfExists);
    }
  };
};

export const listToMap = ({
  source = '',
  key = '',
  valueKey,
  target,
  flatten,
  flattenedElement,
}: ListToMap): Process => {
  if (flatten && flattenedElement === undefined) refuse('listToMap needs flattenedElement when flatten is true.');
  return (event) => {
    const list = fieldAt(event, source);
    if (!Array.isArray(list)) return;
    const map = new Map<string, unknown[]>();
    for (const item of list) {
      const name = isObject(item) ? item[key] : undefined;
      const value = valueKey === undefined ? item : (item as Fields | null)?.[valueKey];
      if (typeof name !== 'string' || value === undefined) continue;
      const values = map.get(name);
      if (values) values.push(value);
      else map.set(name, [value]);
    }
    const of = (values: unknown[]) => (flatten ? values.at(flattenedElement === 'last' ? -1 : 0) : values);
    merge(event, target, Object.fromEntries([...map].map(([name, values]) => [name, of(values)])), true);
  };
};

/** Of texts, by their keys. */
export const textMutation =
  (change: (text: string) => string) =>
  ({ withKeys = [] }: { withKeys?: string[] | undefined }): Process =>
  (event) => {
    for (const key of withKeys) changeText(event, key, change);
  };

function changeText(event: LogEvent, key: string, change: (text: string) => unknown): void {
  const value = fieldAt(event, key);
  if (typeof value === 'string') setField(event, key, change(value), true);
}

export const splitString = ({ entries = [] }: SplitString): Process => {
  return (event) => {
    for (const { source = '', delimiter = '' } of entries) changeText(event, source, (text) => text.split(delimiter));
  };
};

export const substituteString = ({ entries = [] }: SubstituteString): Process => {
  const made = entries.map(({ source = '', from = '', to = '' }) => {
    const regex = compileRegex(from, 'query');
    if ('problem' in regex) return refuse(`the regular expression '${from}': ${regex.problem}`);
    const fill = templateOf(to, regex);
    return { source, replace: (text: string, fuel: Fuel) => replaced(text, regex, fill, fuel) };
  });
  return (event) => {
    for (const { source, replace } of made) changeText(event, source, (text) => replace(text, event.fuel));
  };
};

type Groups = (group: number) => string;
const REFERENCES_MAX = 10;
const SAME_REFERENCES_MAX = 2;

/** `$1` and `${name}` stand for groups. */
function templateOf(to: string, { names }: Regex): (groups: Groups) => string {
  const parts = to.split(/(\$\d+|\$\{\w+\})/);
  const references = parts.filter((_, i) => i % 2 === 1);
  if (references.length > REFERENCES_MAX) refuse(`the maximum number of backreferences is ${REFERENCES_MAX}.`);
  if (references.some((one) => references.filter((other) => other === one).length > SAME_REFERENCES_MAX)) {
    refuse(`the maximum number of duplicate backreferences is ${SAME_REFERENCES_MAX}.`);
  }
  const filled = parts.map((part, i) => {
    if (i % 2 === 0) return part;
    const group = part[1] === '{' ? names.indexOf(part.slice(2, -1)) + 1 || -1 : Number(part.slice(1));
    return group >= 0 && group <= names.length ? group : refuse(`there is no group ${part}.`);
  });
  return (groups) => filled.map((part) => (typeof part === 'number' ? groups(part) : part)).join('');
}

function replaced(text: string, regex: Regex, fill: (groups: Groups) => string, fuel: Fuel): string {
  let out = '';
  let at = 0;
  while (at <= text.length) {
    const places = regex.exec(text, at, fuel);
    if (!places) break;
    const [from = 0, to = 0] = places;
    out += text.slice(at, from);
    out += fill((group) => (places[2 * group]! < 0 ? '' : text.slice(places[2 * group], places[2 * group + 1])));
    if (to === from) out += text.slice(to, to + 1); // Nothing was matched: on by one.
    at = to === from ? to + 1 : to;
  }
  return out + text.slice(at);
}

/** What cannot be converted stays as it is. */
const CONVERSIONS: Readonly<Record<string, (value: string | number | boolean) => unknown>> = {
  integer: (value) => (/^\s*[+-]?\d+(\.\d*)?\s*$/.test(String(value)) ? Math.trunc(Number(value)) : value),
  double: (value) => (String(value).trim() !== '' && Number.isFinite(Number(value)) ? Number(value) : value),
  string: String,
  boolean: (value) => BOOLEANS[String(value).toLowerCase()] ?? value,
};
const BOOLEANS: Readonly<Record<string, boolean>> = { true: true, false: false };

export const typeConverter = ({ entries = [] }: TypeConverter): Process => {
  const unknown = entries.find(({ type = '' }) => !Object.hasOwn(CONVERSIONS, type));
  if (unknown) refuse(`the type ${unknown.type} is not known.`);
  return (event) => {
    for (const { key = '', type = '' } of entries) {
      const value = fieldAt(event, key);
      if (!['string', 'number', 'boolean'].includes(typeof value)) continue;
      setField(event, key, CONVERSIONS[type]!(value as string), true);
    }
  };
};
