// Readers of the typed values of conditions: numbers, dates (W3C profile of ISO 8601, or epoch seconds) and IP ranges.
// Each gives undefined for text that is not such a value.

/** An integer or decimal. */
export function readNumber(text: string): number | undefined {
  const value = /^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}

const clock = 'T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\\.([0-9]{1,9}))?)?(Z|[-+][0-9]{2}:?[0-9]{2})?';
const dateForm = new RegExp(`^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2})(?:${clock})?)?)?$`);

/**
 * A point in time, in milliseconds since 1970. Four digits are a year, other digits are epoch seconds. No zone
 * means UTC.
 */
export function readDate(text: string): number | undefined {
  const found = dateForm.exec(text);
  if (!found) {
    const seconds = /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : Number.NaN;
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  }
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found
    .slice(1, 7)
    .map((x) => Number(x ?? Number.NaN))
    .map((x, i) => (Number.isNaN(x) ? (i === 1 || i === 2 ? 1 : 0) : x));
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 24 || minute > 59 || second > 60) return undefined;
  const fraction = found[7] ? Number(`0.${found[7]}`) * 1000 : 0;
  return Date.UTC(year, month - 1, day, hour, minute, second) + fraction - zoneMilliseconds(found[8]);
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

function zoneMilliseconds(zone: string | undefined): number {
  if (!zone || zone === 'Z') return 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2));
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000;
}

/** A range of addresses as 16-bit groups: two for IPv4, eight for IPv6. */
export interface IpRange {
  readonly groups: readonly number[];
  readonly bits: number;
}

/** An address or CIDR range. Without a prefix it is the one address. */
export function readIpRange(text: string): IpRange | undefined {
  const slash = text.indexOf('/');
  const groups = readIp(slash < 0 ? text : text.slice(0, slash));
  if (!groups) return undefined;
  const bitsMax = groups.length * 16;
  if (slash < 0) return { groups, bits: bitsMax };
  const prefix = text.slice(slash + 1);
  const bits = /^[0-9]{1,3}$/.test(prefix) ? Number(prefix) : -1;
  return bits >= 0 && bits <= bitsMax ? { groups, bits } : undefined;
}

/** True when every address of `inner` lies in `outer`. */
export function contains(outer: IpRange, inner: IpRange): boolean {
  if (outer.groups.length !== inner.groups.length || inner.bits < outer.bits) return false;
  for (let i = 0, left = outer.bits; left > 0; i++, left -= 16) {
    const shift = left >= 16 ? 0 : 16 - left;
    if ((outer.groups[i] ?? 0) >> shift !== (inner.groups[i] ?? 0) >> shift) return false;
  }
  return true;
}

function readIp(text: string): number[] | undefined {
  return text.includes(':') ? readIpv6(text) : readIpv4(text);
}

function readIpv4(text: string): number[] | undefined {
  const found = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/.exec(text);
  if (!found) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = found.slice(1).map(Number);
  return a > 255 || b > 255 || c > 255 || d > 255 ? undefined : [(a << 8) | b, (c << 8) | d];
}

function readIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2 || text.length > 45) return undefined;
  const head = readGroups(halves[0] ?? '');
  const tail = halves.length === 2 ? readGroups(halves[1] ?? '') : [];
  if (!head || !tail) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const words = text.split(':');
  for (const [index, word] of words.entries()) {
    const last = index === words.length - 1;
    const pair = last && word.includes('.') ? readIpv4(word) : undefined;
    if (pair) groups.push(...pair);
    else if (/^[0-9a-fA-F]{1,4}$/.test(word)) groups.push(Number.parseInt(word, 16));
    else return undefined;
  }
  return groups;
}
