/**
 * Where a group's events come from, by name and type: what its tags say, or who imported them.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/data-source-discovery-management.html
 */
import type { DataSourceFilter } from '@aws-sdk/client-cloudwatch-logs';
import type { LogGroup } from '../groupRows.ts';

export interface DataSource {
  readonly name: string;
  readonly type: string;
  readonly format: 'Custom' | 'Default';
}

const UNKNOWN = 'Unknown';
const PLAIN: DataSource = { name: UNKNOWN, type: UNKNOWN, format: 'Default' };

const NAME_TAG = 'cw:datasource:name';
const TYPE_TAG = 'cw:datasource:type';
const VALUE = /^(?!.*__)[a-z0-9][a-z0-9_]{0,63}$/;

/** Values that may not be are as if they were not there. */
export function dataSourceOf({ tags, source }: Pick<LogGroup, 'tags' | 'source'>): DataSource {
  if (source) return { ...source, format: 'Default' };
  const value = (key: string) => tags.find(({ Key, Value }) => Key === key && VALUE.test(Value))?.Value;
  const name = value(NAME_TAG);
  const type = value(TYPE_TAG);
  const isFree = name !== undefined && !/^(?:aws|amazon)/.test(name);
  if (!isFree && type === undefined) return PLAIN;
  return { name: isFree ? name : UNKNOWN, type: type ?? UNKNOWN, format: 'Custom' };
}

/** Any of the names, and any of the types where some are named. */
export function isFrom(filters: readonly DataSourceFilter[], group: LogGroup): boolean {
  if (filters.length === 0) return true;
  const { name, type } = dataSourceOf(group);
  const types = filters.flatMap((filter) => filter.type ?? []);
  return filters.some((filter) => filter.name === name) && (types.length === 0 || types.includes(type));
}
