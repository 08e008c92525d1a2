/** A browser without a window: follows redirects, keeps cookies, fills in the form that it was shown. */
import type { WireRequest, WireResponse } from '../core/wire.ts';

type Send = (request: Partial<WireRequest>) => Promise<WireResponse>;

interface Form {
  readonly action: string;
  readonly method: string;
  readonly fields: Readonly<Record<string, string>>;
}

export function browserOn(send: Send, host = 'cloud.test') {
  const cookies = new Map<string, string>();
  const cookie = () => [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  let forms: Form[] = [];

  async function load(method: string, url: string, form?: URLSearchParams): Promise<Shown> {
    const [path = '/', query = ''] = url.split('?');
    const response = await send({
      ...{ method, path, query, body: Buffer.from(form?.toString() ?? '') },
      headers: {
        host,
        ...(cookies.size > 0 && { cookie: cookie() }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded', origin: `http://${host}` }),
      },
    });
    const set = response.headers['set-cookie'];
    if (set !== undefined) keep(set);
    const { location } = response.headers;
    if (response.status === 303 && location?.startsWith('/')) return load('GET', location);
    const text = String(response.body);
    forms = formsIn(text);
    return { status: response.status, headers: response.headers, text, location };
  }

  function keep(set: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
    if (/;\s*max-age=0\b/i.test(set)) cookies.delete(name);
    else cookies.set(name, value);
  }

  return {
    go: (url: string) => load('GET', url),
    /** Submits the form that leads to `action`, the one whose members are these if there are many. */
    async submit(action: string, fields: Readonly<Record<string, string>>) {
      const form = forms.find((each) => each.action === action && isMeant(each, fields));
      if (!form) throw new Error(`No form leads to ${action}.`);
      const values = new URLSearchParams({ ...form.fields, ...fields });
      return form.method === 'get' ? load('GET', `${action}?${values}`) : load('POST', action, values);
    },
    cookie,
  };
}

interface Shown {
  readonly status: number;
  readonly headers: WireResponse['headers'];
  readonly text: string;
  readonly location: string | undefined;
}

const CHOSEN = ['account', 'role'];

const isMeant = ({ fields }: Form, wanted: Readonly<Record<string, string>>) =>
  CHOSEN.every((name) => [wanted[name], undefined].includes(fields[name]) || wanted[name] === undefined);

const plain = (text: string) => text.replace(/&#(\d+);/g, (_all, code) => String.fromCharCode(Number(code)));

function formsIn(text: string): Form[] {
  return [...text.matchAll(/<form method="(\w+)" action="([^"]*)"[^>]*>(.*?)<\/form>/gs)].map(
    ([, method, action, inside]) => ({
      method: method!,
      action: plain(action!),
      fields: Object.fromEntries(
        [...inside!.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, n, v]) => [n!, plain(v!)]),
      ),
    }),
  );
}
