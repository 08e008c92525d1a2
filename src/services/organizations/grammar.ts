/**
 * Declarative policies as text: JSON in the shape of their type, values set by operators (`@@assign`, `@@append`,
 * `@@remove`), and at any level what children may do (`@@operators_allowed_for_child_policies`).
 */
import { CHILD_CONTROL, VALUE_OPERATORS } from '../../identity/policyInheritance.ts';
import { type Json, PolicySyntaxError, readJson } from '../../policy/json.ts';
import type { Shape } from './policyShapes.ts';

/** Whether the text is a policy of that shape. */
export function isWellFormed(content: string, shape: Shape): boolean {
  try {
    const document = readJson(content);
    return document.kind === 'object' && document.members.length > 0 && fits(document, shape);
  } catch (error) {
    if (error instanceof PolicySyntaxError) return false;
    throw error;
  }
}

function fits(node: Json, shape: Shape): boolean {
  if (node.kind !== 'object') return false;
  return node.members.every(({ key, value }) => {
    if (key === CHILD_CONTROL) return isControl(value);
    if (shape.kind === 'fields') return shape.fields[key] !== undefined && fits(value, shape.fields[key]);
    if (shape.kind === 'each')
      return !key.startsWith('@@') && shape.keys.test(key) && fitsNamed(key, value, shape.shape);
    if (shape.kind === 'one') return key === '@@assign' && isScalar(value) && shape.values.test(value.text);
    return (VALUE_OPERATORS as readonly string[]).includes(key) && isList(value, shape.values);
  });
}

/** A tag policy's key and the tag key that it sets may differ in case only. */
function fitsNamed(name: string, node: Json, shape: Shape): boolean {
  const tagKey = shape.kind === 'fields' && 'enforced_for' in shape.fields ? memberOf(node, 'tag_key') : undefined;
  const assigned = tagKey && memberOf(tagKey, '@@assign');
  if (assigned && assigned.text.toLowerCase() !== name.toLowerCase()) return false;
  return fits(node, shape);
}

const memberOf = (node: Json, key: string) => node.members.find((member) => member.key === key)?.value;

const isScalar = (value: Json) => ['string', 'number', 'boolean'].includes(value.kind);

const isList = (value: Json, items: Pick<RegExp, 'test'>) =>
  value.kind === 'array' && value.items.every((item) => isScalar(item) && items.test(item.text));

function isControl(value: Json): boolean {
  if (value.kind !== 'array' || value.items.length === 0) return false;
  const names = value.items.map((item) => item.text);
  if (names.some((name) => name === '@@all' || name === '@@none')) return names.length === 1;
  return names.every((name) => (VALUE_OPERATORS as readonly string[]).includes(name));
}
