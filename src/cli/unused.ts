/** `gatehouse unused`: what nobody uses in the imported accounts, and what allows too much. */
import { CHECKS, unusedIn } from '../shadow/unused.ts';
import { parsed, told, UsageError } from './plane.ts';
import { type Out, plainly, populated, printTable, SHADOW_HELP, SHADOW_OPTIONS, withShadow } from './shadow.ts';

const HELP = `Usage: npx gatehouse unused [OPTION…]

Reads off the import what nobody uses, and what allows more than it should:
${Object.entries(CHECKS)
  .map(([check, what]) => `  ${check.padEnd(18)} ${what}`)
  .join('\n')}

  --days N         unused or not rotated for more than so many days (90)
  --at DATE        as of this day (today)
  --check NAME     this check only; several times for several
  --fail-on any    exit 1 when anything is found
${SHADOW_HELP}

exit code: 0 fine, 1 --fail-on any and something is found, 2 wrong use`;

const OPTIONS = {
  ...SHADOW_OPTIONS,
  days: { type: 'string' },
  at: { type: 'string' },
  check: { type: 'string', multiple: true },
  'fail-on': { type: 'string' },
} as const;

export function unused(args: readonly string[], rawOut: Out): Promise<number> {
  const out = plainly(rawOut);
  return told(async () => {
    const { values } = parsed({ args: [...args], options: OPTIONS });
    if (values.help) {
      out(HELP);
      return 0;
    }
    if (!['any', undefined].includes(values['fail-on'])) throw new UsageError('--fail-on takes any.');
    const unknown = values.check?.find((check) => !Object.hasOwn(CHECKS, check));
    if (unknown !== undefined) throw new UsageError(`There is no check ${unknown}; see --help.`);
    const times = { now: dateIn(values.at), days: daysIn(values.days) };
    return withShadow(values.data, async (store) => {
      const world = await populated(store);
      const all = await unusedIn(world, times);
      const findings = all.findings.filter(({ check }) => values.check?.includes(check) ?? true);
      if (values.json) out(JSON.stringify({ ...all, findings }, null, 2));
      else {
        const rows = findings.map(({ check, subject, detail }) => [check, subject, detail]);
        if (rows.length > 0) printTable(['CHECK', 'WHAT', 'WHY'], rows, out);
        out(`${rows.length} ${rows.length === 1 ? 'finding' : 'findings'}`);
        for (const note of all.unknown) out(note);
      }
      return findings.length > 0 && values['fail-on'] === 'any' ? 1 : 0;
    });
  });
}

function daysIn(text = '90'): number {
  if (!/^\d{1,5}$/.test(text)) throw new UsageError(`--days takes a number of days, not ${text}.`);
  return Number(text);
}

function dateIn(text: string | undefined): Date {
  const date = text === undefined ? new Date() : new Date(text);
  if (Number.isNaN(date.getTime())) throw new UsageError(`--at takes a date such as 2026-01-31, not ${text}.`);
  return date;
}
