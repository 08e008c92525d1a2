/** Documents of index policies: which fields are indexed. */
import { InvalidParameterException } from '@aws-sdk/client-cloudwatch-logs';
import { fail } from '../../core/errors.ts';
import type { LogGroup } from './groupRows.ts';

type Field = NonNullable<LogGroup['indexPolicy']>['fields'][number];

const FIELDS_MAX = 20;
const NAME_LENGTH_MAX = 100;
const invalid = (why: string): never => fail(InvalidParameterException, `Invalid index policy: ${why}`);

/** @throws InvalidParameterException for a document that is none */
export function fieldsIn(document: string): Field[] {
  const { Fields = [], FieldsV2 = {} } = parsed(document);
  if (!Array.isArray(Fields) || typeof FieldsV2 !== 'object' || FieldsV2 === null) invalid('Fields is not a list');
  const plain = (Fields as unknown[]).map((name) => ({ name: String(name), type: 'FIELD_INDEX' as const }));
  const typed = Object.entries(FieldsV2 as Record<string, { type?: unknown }>).map(([name, field]) => {
    if (field?.type !== 'FIELD_INDEX' && field?.type !== 'FACET') invalid(`the type of ${name} is not known`);
    return { name, type: field.type as Field['type'] };
  });
  const fields = [...plain, ...typed];
  if (fields.length === 0) invalid('it names no field');
  if (fields.length > FIELDS_MAX) invalid(`it may name ${FIELDS_MAX} fields`);
  if (new Set(fields.map(({ name }) => name)).size < fields.length) invalid('a field is named twice');
  if (fields.some(({ name }) => name === '' || name.length > NAME_LENGTH_MAX)) {
    invalid(`the name of a field has 1 to ${NAME_LENGTH_MAX} characters`);
  }
  return fields;
}

function parsed(document: string): { Fields?: unknown; FieldsV2?: unknown } {
  try {
    const value: unknown = JSON.parse(document);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Not JSON.
  }
  return invalid('it is not a JSON object');
}
