import { type Cloud, testCloud } from '../../testing/cloud.ts';
import { signed } from '../../testing/signed.ts';

export const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
export const HIDDEN = 'HIDDEN_DUE_TO_SECURITY_REASONS';

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: documents of every shape
  readonly body: any;
}

export async function provider() {
  const cloud = await testCloud();
  await cloud.root.ssoAdmin.createInstance({});
  const { Instances } = await cloud.root.ssoAdmin.listInstances({});
  const IdentityStoreId = Instances![0]!.IdentityStoreId!;
  const issued = await page(cloud, 'POST');
  const base = new URL(issued.body.endpoint).pathname.replace(/\/$/, '');
  const call = (method: string, path: string, body?: object, token = issued.body.token as string) =>
    asked(cloud, method, `${base}${path}`, body, { authorization: `Bearer ${token}` });
  const add = async (userName: string, more: object = {}) =>
    (await call('POST', '/Users', { ...person(userName), ...more })).body.id as string;
  return { cloud, IdentityStoreId, base, call, add, issued: issued.body, instance: Instances![0]! };
}

export async function page(
  cloud: Cloud,
  method: string,
  path = '',
  keys?: { accessKeyId: string; secretAccessKey: string },
) {
  const by = keys ?? (await cloud.keyFor(cloud.managementAccount));
  const { page: answer } = await import('../../gateway/pages/index.ts');
  const request = signed({ method, path: `/_gatehouse/scim-tokens${path}` }, { ...by, service: 'gatehouse' });
  const source = { ip: '127.0.0.1', userAgent: 'test', host: 'cloud.test' };
  const { status, body } = await answer(request, cloud.deps, { version: 'test' }, source);
  return { status, body: JSON.parse(String(body)) } as Answer;
}

export async function asked(cloud: Cloud, method: string, path: string, body: object | undefined, headers: object) {
  const [at = '', query = ''] = path.split('?');
  const bytes = body === undefined ? Buffer.alloc(0) : Buffer.from(JSON.stringify(body));
  const sent = { host: 'cloud.test', 'content-type': 'application/scim+json', ...headers };
  const answer = await cloud.send({ method, path: at, query, headers: sent, body: bytes });
  const text = String(answer.body);
  return { status: answer.status, body: text === '' ? undefined : JSON.parse(text) } as Answer;
}

export const person = (userName: string) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  name: { givenName: 'The', familyName: userName },
  displayName: `The ${userName}`,
  emails: [{ value: `${userName}@example.com`, type: 'work', primary: true }],
  active: true,
});
export const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations });
export const filtered = (filter: string) => `?filter=${encodeURIComponent(filter)}`;
export const idsOf = ({ body }: Answer) => body.Resources.map(({ id }: { id: string }) => id);
