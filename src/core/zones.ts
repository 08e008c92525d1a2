/** Time zones as the platform knows them: how far their clocks are ahead of UTC, and when they show a time. */

const formats = new Map<string, Intl.DateTimeFormat>();
/** Names of zones come from strangers, in any case and as offsets: `europe/PARIS`, `+01:23`. */
const FORMATS_MAX = 500;
const TIME_MAX = 8.64e15;

/** Whether the platform knows a time zone of this name. */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/**
 * How many milliseconds a zone's clocks are ahead of UTC at a time (milliseconds since 1970); beyond the times that
 * there are, at the last one.
 * @throws RangeError for an unknown zone
 */
export function offsetMs(time: number, zone: string): number {
  if (zone === 'UTC') return 0;
  const name = formatOf(zone)
    .formatToParts(Math.min(Math.max(time, -TIME_MAX), TIME_MAX))
    .find(({ type }) => type === 'timeZoneName')?.value;
  const [, sign, hours, minutes, seconds] = /^GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(name ?? '') ?? [];
  if (sign === undefined) return 0;
  const ms = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0)) * 1000;
  return sign === '-' ? -ms : ms;
}

const DAY_MS = 86_400_000;

/** When a zone's clocks show `local`, given as if it were UTC, the first time; undefined when they leave it out. */
export function firstTimeOf(local: number, zone: string): number | undefined {
  if (zone === 'UTC') return local;
  const offsets = [offsetMs(local - DAY_MS, zone), offsetMs(local + DAY_MS, zone)];
  const times = offsets.map((offset) => local - offset).filter((time) => time + offsetMs(time, zone) === local);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** The same; a time that the zone leaves out is as much later as the clocks are put forward. */
export const timeOfLocal = (local: number, zone: string): number =>
  firstTimeOf(local, zone) ?? local - offsetMs(local - DAY_MS, zone);

/** Throws RangeError for an unknown zone. */
function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    if (formats.size >= FORMATS_MAX) formats.clear();
    formats.set(zone, format);
  }
  return format;
}
