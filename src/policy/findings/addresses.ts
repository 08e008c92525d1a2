// IP ranges in conditions: private addresses that aws:SourceIp never has, and bits behind the mask.

import { contains, type IpRange, readIpRange } from '../values.ts';
import type { ConditionCheck } from './run.ts';

/** RFC 1918, loopback, link-local, carrier-grade NAT; for IPv6 loopback, unique local and link-local. */
const privateRanges = [
  ...['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '127.0.0.0/8', '169.254.0.0/16', '100.64.0.0/10'],
  ...['::1/128', 'fc00::/7', 'fe80::/10'],
].flatMap((text) => readIpRange(text) ?? []);

export const privateAddresses: ConditionCheck = ({ report }, { operator, lowerKey, values, at }) => {
  if (operator.family !== 'IpAddress' || lowerKey !== 'aws:sourceip') return;
  const ranges = values.flatMap(({ text }) => readIpRange(text) ?? []);
  const count = ranges.filter((range) => privateRanges.some((outer) => contains(outer, range))).length;
  if (count === 0) return;
  if (count === ranges.length) report(operator.negated ? 'PRIVATE_NOT_IP_ADDRESS' : 'PRIVATE_IP_ADDRESS', {}, at);
  else report(operator.negated ? 'PRIVATE_NOT_IP_ADDRESS_SUBSET' : 'PRIVATE_IP_ADDRESS_SUBSET', {}, at);
};

export const maskedBits: ConditionCheck = ({ report }, { operator, values }) => {
  if (operator.family !== 'IpAddress') return;
  for (const value of values) {
    const range = readIpRange(value.text);
    if (!range) continue;
    const groups = masked(range);
    if (groups.some((group, i) => group !== range.groups[i])) {
      report('IMPROVE_IP_RANGE', { addr: `${textOf(groups)}/${range.bits}` }, value);
    }
  }
};

function masked({ groups, bits }: IpRange): number[] {
  return groups.map((group, i) => {
    const left = Math.min(Math.max(bits - i * 16, 0), 16);
    return group & (0xffff << (16 - left)) & 0xffff;
  });
}

function textOf(groups: readonly number[]): string {
  if (groups.length === 2) return groups.flatMap((group) => [group >> 8, group & 255]).join('.');
  return compressed(groups);
}

/** RFC 5952: the first longest run of zero groups is `::`. */
function compressed(groups: readonly number[]): string {
  let best = { from: -1, length: 1 };
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === 0) length++;
    if (length > best.length) best = { from, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (best.from < 0) return hex(groups);
  return `${hex(groups.slice(0, best.from))}::${hex(groups.slice(best.from + best.length))}`;
}
