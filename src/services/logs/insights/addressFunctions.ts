/** IP address functions of Logs Insights. */
import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net';
import type { Fn } from './functions.ts';
import { textOf, type Value } from './values.ts';

const address = (value: Value | undefined) => textOf(value ?? null) ?? '';
const test = (run: (text: string) => Value): Fn => ({ least: 1, most: 1, run: (value) => run(address(value)) });

const family = (text: string) => (isIPv4(text) ? 'ipv4' : 'ipv6');

const subnets = new Map<string, BlockList | null>();
const SUBNETS_MAX = 1_000;

/** Null for what is no subnet. */
function subnet(text: string): BlockList | null {
  const known = subnets.get(text);
  if (known !== undefined) return known;
  const [net = '', bits = ''] = text.split('/');
  const sound = isIP(net) !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (isIPv4(net) ? 32 : 128);
  const list = sound ? new BlockList() : null;
  list?.addSubnet(net, Number(bits), family(net));
  if (subnets.size >= SUBNETS_MAX) subnets.clear();
  subnets.set(text, list);
  return list;
}

const within = (accepts: (text: string) => boolean): Fn => ({
  least: 2,
  most: 2,
  run(value, net) {
    const text = address(value);
    return accepts(text) && (subnet(address(net))?.check(text, family(text)) ?? false);
  },
});

function listOf(...nets: string[]): BlockList {
  const list = new BlockList();
  for (const net of nets) {
    const [base = '', bits] = net.split('/');
    list.addSubnet(base, Number(bits), family(base));
  }
  return list;
}

const PRIVATE = listOf('10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16');
/** https://www.iana.org/assignments/iana-ipv4-special-registry, and the like for IPv6. */
const RESERVED = listOf(
  ...['0.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '192.0.0.0/24', '192.0.2.0/24'],
  ...['192.88.99.0/24', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4'],
  ...['::/128', '::1/128', '64:ff9b:1::/48', '100::/64', '2001:db8::/32', 'fc00::/7', 'fe80::/10', 'ff00::/8'],
);

const isIn = (list: BlockList) => (text: string) => isIP(text) !== 0 && list.check(text, family(text));

export const addressFunctions: Readonly<Record<string, Fn>> = {
  isvalidip: test((text) => isIP(text) !== 0),
  isvalidipv4: test((text) => isIPv4(text)),
  isvalidipv6: test((text) => isIPv6(text)),
  isipinsubnet: within((text) => isIP(text) !== 0),
  isipv4insubnet: within((text) => isIPv4(text)),
  isipv6insubnet: within((text) => isIPv6(text)),
  ipv4tonumber: test((text) =>
    isIPv4(text) ? text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0) : null,
  ),
  isprivateip: test(isIn(PRIVATE)),
  isreservedip: test(isIn(RESERVED)),
  ispublicip: test((text) => isIP(text) !== 0 && !isIn(PRIVATE)(text) && !isIn(RESERVED)(text)),
};
