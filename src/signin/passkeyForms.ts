/** Forms that a passkey answers, and the one script that carries the question to it. */
import { readFileSync } from 'node:fs';
import type { WireResponse } from '../core/wire.ts';
import { html, type Markup } from './html.ts';
import type { Site } from './sites.ts';
import { hidden, type Visit } from './visit.ts';

const SCRIPT = '/signin/passkeys.js';

/** For `Page.script`. */
export const scriptOf = ({ origin }: Site) => origin + SCRIPT;

export function scriptPage(): WireResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'text/javascript; charset=utf-8',
      'cache-control': 'no-cache',
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
    },
    body: readFileSync(new URL('./passkeys.js', import.meta.url), 'utf8'),
    toldPages: true,
  };
}

interface PasskeyForm {
  readonly action: string;
  readonly kind: 'create' | 'get';
  /** What the browser is asked. */
  readonly options: object;
  readonly button: string;
  readonly values?: Readonly<Record<string, string>>;
  /** Members that its user sees. */
  readonly inside?: Markup;
}

/** The answer comes as `credential`. */
export function passkeyForm(visit: Visit, form: PasskeyForm): Markup {
  const { action, kind, options, button, values, inside } = form;
  return html`<form method="post" action="${action}" data-passkey="${JSON.stringify({ kind, options })}">${hidden(
    visit,
    { ...values, credential: '' },
  )}${inside}<p role="alert"></p><button>${button}</button></form>`;
}

/** Where there can be no passkeys, in words. */
export const noSite = html`<p>Passkeys need an address with a name: open this page at <code>localhost</code> or under the
name of the plane's certificate.</p>`;
