/** What queries select log groups by, besides their names: tags (`SOURCE logGroupTags(…)`) and data sources. */
import type { Tag } from '../../core/operation.ts';
import { dataSourceOf } from './dataSources/sources.ts';
import type { LogGroup } from './groupRows.ts';
import type { TagFilter } from './insights/selection.ts';
import { starred } from './insights/stars.ts';

/** All filters must fit; of one filter's values one, where `!` in front of a value means that the tag has another. */
export function tagTest(filters: readonly TagFilter[]): (tags: readonly Tag[]) => boolean {
  return (tags) =>
    filters.every(({ key, values }) => {
      const value = tags.find((tag) => tag.Key === key)?.Value;
      if (values.length === 0) return value !== undefined;
      return values.some((wanted) =>
        wanted.startsWith('!')
          ? value === undefined || !starred(wanted.slice(1))(value)
          : value !== undefined && starred(wanted)(value),
      );
    });
}

/** Each is a name, or a name and a type; all groups fit where none is asked for. */
export function sourceTest(sources: readonly string[] | undefined): (group: LogGroup) => boolean {
  return (group) => {
    if (!sources) return true;
    const { name, type } = dataSourceOf(group);
    return sources.some((source) => source === name || source === `${name}.${type}`);
  };
}
