/** SQS's lists: pages only for who asks for pages. */
import { cursorOf } from '../../core/page.ts';
import { refuseValue, requireRange } from './errors.ts';

const PAGE_MAX = 1000;

interface Paged {
  readonly MaxResults?: number | undefined;
  readonly NextToken?: string | undefined;
}

export function pageSize({ MaxResults, NextToken }: Paged): number {
  requireRange('MaxResults', MaxResults, 1, PAGE_MAX, `MaxResults must be an integer between 1 and ${PAGE_MAX}.`);
  if (NextToken !== undefined && MaxResults === undefined) {
    refuseValue('NextToken', NextToken, 'MaxResults is a mandatory parameter when you provide a value for NextToken.');
  }
  return MaxResults ?? PAGE_MAX;
}

export function cursorIn(token: string | undefined): string | undefined {
  if (token === undefined) return undefined;
  return cursorOf(token) ?? refuseValue('NextToken', token, 'Invalid or expired next token.');
}
