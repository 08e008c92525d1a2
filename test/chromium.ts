/** The browser of this machine, for tests of pages; they are skipped where there is none. */
import { existsSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { chromium, type Page } from 'playwright-core';

const BROWSERS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = BROWSERS.find((file) => existsSync(file));
export const skip = executablePath === undefined && 'no Chromium here';

/** A page, gone when the test ends, and what the browser complains of in its console. */
export async function pageIn(t: TestContext): Promise<{ page: Page; complaints: string[] }> {
  const browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  return { page, complaints };
}
