import type { CommonError } from '../../core/errors.ts';
import type { WireResponse } from '../../core/wire.ts';

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** An error as S3 writes it, of a request that no operation answers. */
export function errorAnswer(
  { name, message, status, details = {} }: CommonError,
  more: Readonly<Record<string, string>> = {},
): WireResponse {
  const members = Object.entries({ Code: name, Message: message, ...details, ...more });
  const body = members.map(([tag, text]) => `<${tag}>${escaped(text)}</${tag}>`).join('');
  return {
    status,
    headers: { 'content-type': 'application/xml' },
    body: `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${body}</Error>`,
  };
}
