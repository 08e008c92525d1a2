// From JSON to a policy, reporting every shape that the grammar does not have. Nothing is thrown: what cannot be read is
// reported and left out. Source: IAM User Guide, Grammar of the IAM JSON policy language.

import { type Entry, entriesOf, itemsOf, type Node, type Text, textsOf } from './document.ts';
import { operatorOf } from './operators.ts';
import type { Condition, Policy, Principal, Report, Statement } from './run.ts';

const versions = ['2012-10-17', '2008-10-17'];
const topElements = new Set(['Version', 'Id', 'Statement']);
const pairs = [
  ['Action', 'NotAction'],
  ['Resource', 'NotResource'],
  ['Principal', 'NotPrincipal'],
] as const;

export function readPolicy(root: Node, report: Report): Policy {
  if (root.json.kind !== 'object') report('DATA_TYPE_MISMATCH', { data_type: 'Object' }, root);
  const entries = entriesOf(root);
  for (const { name, key } of entries) {
    if (!topElements.has(name)) report('INVALID_POLICY_ELEMENT', { element: name }, key);
  }
  const elements = new Map(entries.map((entry) => [entry.name, entry]));
  const version = textAt(elements.get('Version'), report);
  if (version && !versions.includes(version.text)) {
    report('INVALID_VERSION', { version: version.text, versions: `[${versions.join(', ')}]` }, version);
  }
  textAt(elements.get('Id'), report);
  const block = elements.get('Statement')?.value;
  const statements = block ? itemsOf(block).flatMap((node) => readStatement(node, report)) : [];
  const isEmpty = block === undefined || (block.json.kind === 'array' && block.json.items.length === 0);
  if (isEmpty && root.json.kind === 'object') report('MISSING_STATEMENT', {}, block ?? root);
  return { root, version, variables: version?.text === '2012-10-17', statements };
}

const readers: Readonly<Record<string, (value: Node, report: Report) => unknown>> = {
  Sid: (value, report) => expectText(value, report),
  Effect: (value, report) => expectText(value, report),
  Action: (value, report) => expectTexts(value, 'EMPTY_ARRAY_ACTION', report),
  NotAction: (value, report) => expectTexts(value, 'EMPTY_ARRAY_ACTION', report),
  Resource: (value, report) => expectTexts(value, 'EMPTY_ARRAY_RESOURCE', report),
  NotResource: (value, report) => expectTexts(value, 'EMPTY_ARRAY_RESOURCE', report),
  Principal: () => undefined,
  NotPrincipal: () => undefined,
  Condition: () => undefined,
};

function readStatement(node: Node, report: Report): Statement[] {
  if (node.json.kind !== 'object') {
    report('DATA_TYPE_MISMATCH', { data_type: 'Object' }, node);
    return [];
  }
  const elements = new Map(entriesOf(node).map((entry) => [entry.name, entry]));
  for (const { name, key, value } of elements.values()) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read) read(value, report);
    else report('INVALID_POLICY_ELEMENT', { element: name }, key);
  }
  for (const [element1, element2] of pairs) {
    const both = [elements.get(element1)?.key, elements.get(element2)?.key].filter((at) => at !== undefined);
    if (both.length === 2) report('UNSUPPORTED_ELEMENT_COMBINATION', { element1, element2 }, both);
  }
  const texts = (name: string) => textsOf(elements.get(name)?.value);
  return [
    {
      at: node,
      elements,
      effect: readEffect(elements.get('Effect')?.value, report),
      sid: asText(elements.get('Sid')?.value),
      action: texts('Action'),
      notAction: texts('NotAction'),
      resource: texts('Resource'),
      notResource: texts('NotResource'),
      principal: readPrincipal(elements.get('Principal')?.value, report),
      notPrincipal: readPrincipal(elements.get('NotPrincipal')?.value, report),
      conditions: readConditions(elements.get('Condition')?.value, report),
    },
  ];
}

function readEffect(value: Node | undefined, report: Report): Statement['effect'] {
  const effect = value?.json.kind === 'string' ? value.json.text : undefined;
  if (effect === 'Allow' || effect === 'Deny') return effect;
  if (value && effect !== undefined) report('INVALID_EFFECT', { effect }, value);
  return undefined;
}

const principalKeys = new Set(['AWS', 'Service', 'Federated', 'CanonicalUser']);

function readPrincipal(value: Node | undefined, report: Report): Principal | undefined {
  if (!value) return undefined;
  const entries = entriesOf(value);
  const { kind, text } = value.json;
  if (kind === 'number' || kind === 'boolean' || kind === 'null') {
    report('DATA_TYPE_MISMATCH', { data_type: 'Object' }, value);
  } else if (kind !== 'object' && text !== '*') report('INVALID_PRINCIPAL_FORMAT', {}, value);
  else if (kind === 'object' && entries.length === 0) report('EMPTY_OBJECT_PRINCIPAL', {}, value);
  for (const { name, key, value: names } of entries) {
    if (!principalKeys.has(name)) report('INVALID_PRINCIPAL_KEY', { 'principal-key': name }, key);
    expectTexts(names, 'EMPTY_ARRAY_PRINCIPAL', report);
  }
  const lists = new Map(entries.map((entry) => [entry.name, textsOf(entry.value)]));
  const list = (name: string) => lists.get(name) ?? [];
  return {
    everyone: kind === 'string' && text === '*',
    AWS: list('AWS'),
    Service: list('Service'),
    Federated: list('Federated'),
    CanonicalUser: list('CanonicalUser'),
  };
}

function readConditions(value: Node | undefined, report: Report): Condition[] {
  if (!value) return [];
  if (!expectObject(value, report)) return [];
  const blocks = entriesOf(value);
  if (blocks.length === 0) report('EMPTY_OBJECT_CONDITION', {}, value);
  return blocks.flatMap((block) => readBlock(block, report));
}

function readBlock({ name, key, value }: Entry, report: Report): Condition[] {
  const operator = operatorOf(name);
  if (!operator) report('INVALID_CONDITION_OPERATOR', { operator: name }, key);
  if (!expectObject(value, report)) return [];
  const entries = entriesOf(value);
  if (entries.length === 0) report('EMPTY_OBJECT_CONDITION', {}, value);
  reportSameKeys(entries, report);
  return entries.flatMap((entry) => {
    const values = readValues(entry.value, report);
    if (!operator) return [];
    const lowerKey = entry.name.toLowerCase();
    return [{ operator, key: entry.name, lowerKey, keyAt: entry.key, at: entry.value, values }];
  });
}

function reportSameKeys(entries: readonly Entry[], report: Report): void {
  const seen = new Map<string, Entry>();
  for (const entry of entries) {
    const lower = entry.name.toLowerCase();
    const first = seen.get(lower);
    if (first) report('DUPLICATE_KEYS_WITH_DIFFERENT_CASE', { key: entry.name }, [first.key, entry.key]);
    else seen.set(lower, entry);
  }
}

const scalars = new Set(['string', 'number', 'boolean']);

function readValues(value: Node, report: Report): Text[] {
  const items = itemsOf(value);
  const values = items.filter((item) => scalars.has(item.json.kind));
  for (const item of items) {
    if (!scalars.has(item.json.kind)) report('DATA_TYPE_MISMATCH', { data_type: 'String' }, item);
  }
  if (new Set(values.map((item) => item.json.kind)).size > 1) report('INVALID_CONDITION_DATA_TYPE', {}, value);
  return values.map((item) => ({ ...item, text: item.json.text }));
}

function textAt(entry: Entry | undefined, report: Report): Text | undefined {
  if (entry) expectText(entry.value, report);
  return asText(entry?.value);
}

function asText(value: Node | undefined): Text | undefined {
  return value?.json.kind === 'string' ? { ...value, text: value.json.text } : undefined;
}

function expectText(value: Node, report: Report): void {
  if (value.json.kind !== 'string') report('DATA_TYPE_MISMATCH', { data_type: 'String' }, value);
}

function expectObject(value: Node, report: Report): boolean {
  if (value.json.kind !== 'object') report('DATA_TYPE_MISMATCH', { data_type: 'Object' }, value);
  return value.json.kind === 'object';
}

type EmptyCode = 'EMPTY_ARRAY_ACTION' | 'EMPTY_ARRAY_RESOURCE' | 'EMPTY_ARRAY_PRINCIPAL';

function expectTexts(value: Node, empty: EmptyCode, report: Report): void {
  const items = itemsOf(value);
  if (items.length === 0) report(empty, {}, value);
  for (const item of items) expectText(item, report);
}
