/**
 * Pages as text: every value that is put into one is escaped, unless it is markup made here. What a page may load and
 * where its forms may lead is said in its policy (https://www.w3.org/TR/CSP3/). No page has a script, but where a
 * passkey may be used: that one file, by its whole address, since others may have files under the same origin.
 */
import { createHash } from 'node:crypto';
import type { WireResponse } from '../core/wire.ts';

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Markup | undefined | readonly Part[];

export function html(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return new Markup(texts.reduce((whole, text, i) => whole + textOf(parts[i - 1]) + text));
}

function textOf(part: Part): string {
  if (part === undefined) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'object') return part.map(textOf).join('');
  return String(part).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

const STYLE = [
  ':root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}',
  'body{max-width:40rem;margin:2rem auto;padding:0 1rem}',
  'label{display:block;margin-top:1rem}',
  'input{display:block;width:100%;box-sizing:border-box;font:inherit;padding:.5rem}',
  'button{font:inherit;padding:.5rem 1rem;margin:1rem .5rem 0 0;cursor:pointer}',
  'pre{overflow:auto;padding:1rem;border:1px solid}',
  '.problem{border:2px solid;padding:0 1rem}',
  '.code{font:bold 1.5rem monospace}',
  'svg{width:14rem;height:14rem;background:#fff}',
  'li form{display:inline}',
].join('');
const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export interface Page {
  readonly title: string;
  readonly body: Markup;
  /** What went wrong: said first, and read out. */
  readonly problem?: string | undefined;
  readonly status?: number;
  /** Origin beside our own that an answer to a form may lead to. */
  readonly leadsTo?: string | undefined;
  readonly cookie?: string | undefined;
  /** Address of the one script that it runs. */
  readonly script?: string | undefined;
}

const PRIVATE: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
};

export function shown({ title, body, problem, status = 200, leadsTo, cookie, script }: Page): WireResponse {
  const policy = [
    "default-src 'none'",
    `style-src 'sha256-${STYLE_HASH}'`,
    ...(script === undefined ? [] : [`script-src ${script}`]),
    `form-action 'self'${leadsTo === undefined ? '' : ` ${leadsTo}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ];
  const alert = problem === undefined ? undefined : html`<div class="problem" role="alert"><p>${problem}</p></div>`;
  const document = html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${
    problem === undefined ? title : `Error: ${title}`
  }</title><style>${new Markup(STYLE)}</style>${
    script === undefined ? undefined : html`<script src="${script}" defer></script>`
  }</head>
<body><main><h1>${title}</h1>${alert}${body}</main></body></html>
`;
  return {
    status,
    headers: {
      ...PRIVATE,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': policy.join('; '),
      ...(cookie !== undefined && { 'set-cookie': cookie }),
    },
    body: document.text,
    toldPages: true,
  };
}

/** To another page, by GET. */
export const sentTo = (location: string, cookie?: string): WireResponse => ({
  status: 303,
  headers: { ...PRIVATE, location, ...(cookie !== undefined && { 'set-cookie': cookie }) },
  body: '',
  toldPages: true,
});
