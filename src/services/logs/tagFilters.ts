/** `SOURCE logGroupTags(…)`: whether a log group's tags fit. */
import type { Tag } from '../../core/operation.ts';
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
