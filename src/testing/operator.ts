/** The plane's own pages, asked as `gatehouse …` asks them. */
import { page } from '../gateway/pages/index.ts';
import type { Cloud, Credentials } from './cloud.ts';
import { signed } from './signed.ts';

export interface OperatorAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: facts of every shape
  readonly body: any;
}

/** `path`: `identity-source`. By the management account's root user, or by `keys`. */
export async function operated(
  cloud: Cloud,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  content?: object,
  keys?: Credentials,
): Promise<OperatorAnswer> {
  const by = keys ?? (await cloud.keyFor(cloud.managementAccount));
  const body = Buffer.from(content === undefined ? '' : JSON.stringify(content));
  const request = signed({ method, path: `/_gatehouse/${path}`, body }, { ...by, service: 'gatehouse' });
  const source = { ip: '127.0.0.1', userAgent: 'test', host: 'cloud.test' };
  const { status, body: told } = await page(request, cloud.deps, { version: 'test' }, source);
  return { status, body: JSON.parse(String(told)) };
}
