/** Time zones: how local clocks stand. Also offsets without a name: `+05:30`, `UTC-08:00`, `Z`. */

const FIXED = /^(?:UTC|GMT)?(?:([+-])(\d{2}):?(\d{2})|Z)?$/;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Whether there is such a zone. */
export function isZone(zone: string): boolean {
  if (zone !== '' && FIXED.test(zone)) return true;
  try {
    formatOf(zone);
    return zone !== '';
  } catch {
    return false;
  }
}

/** Minutes that local clocks are ahead of UTC at a time (milliseconds). */
export function offsetMinutes(zone: string, time: number): number {
  const fixed = FIXED.exec(zone);
  if (fixed) {
    const [, sign, hours = '0', minutes = '0'] = fixed;
    return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) || 0;
  }
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const local = Date.UTC(parts.year!, parts.month! - 1, parts.day!, parts.hour! % 24, parts.minute!, parts.second!);
  return Math.round((local - Math.floor(time / 1000) * 1000) / 60_000);
}

/** The time (milliseconds) at which local clocks show `local`, given as if it were UTC; the later of two. */
export function timeOfLocal(zone: string, local: number): number {
  const guess = local - offsetMinutes(zone, local) * 60_000;
  return local - offsetMinutes(zone, guess) * 60_000;
}

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const fields = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...fields, second: 'numeric' });
    formats.set(zone, format);
  }
  return format;
}
