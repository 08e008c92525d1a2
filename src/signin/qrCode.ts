/** QR codes as a drawing in the page itself, for which nothing is loaded. */
import { html, type Markup } from './html.ts';

const QUIET = 4;

export async function qrCode(text: string): Promise<Markup> {
  const { default: qrcode } = await import('qrcode-generator');
  const code = qrcode(0, 'M');
  code.addData(text);
  code.make();
  const modules = code.getModuleCount();
  let path = '';
  for (let y = 0; y < modules; y++) {
    for (let x = 0; x < modules; x++) if (code.isDark(y, x)) path += `M${x + QUIET} ${y + QUIET}h1v1h-1z`;
  }
  const side = modules + 2 * QUIET;
  return html`<svg viewBox="0 0 ${side} ${side}" role="img" aria-label="QR code of the key"><path d="${path}"/></svg>`;
}
