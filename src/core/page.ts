/** Pagination tokens: opaque to clients, a store cursor to us. */

/** The token that stands for a cursor. */
export const tokenOf = (cursor: string) => Buffer.from(cursor, 'utf8').toString('base64url');

/**
 * The cursor in a token, or undefined if it is not one of ours; the caller raises its service's own error. A forged
 * cursor does no harm: the store clamps it into the prefix that is listed.
 */
export function cursorOf(token: string): string | undefined {
  const cursor = Buffer.from(token, 'base64url').toString('utf8');
  return cursor !== '' && tokenOf(cursor) === token ? cursor : undefined;
}
