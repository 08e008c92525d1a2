/** Log formats that grok knows as a whole. Numbers become numbers, `-` stands for nothing, times are ISO 8601. */
import type { Fields } from './event.ts';

export interface CommonLog {
  /** With named groups. */
  readonly regex: string;
  readonly fieldsOf: (found: Readonly<Record<string, string>>) => Fields;
}

const TIME = '\\[(?<timestamp>\\d{1,2}/[A-Za-z]{3}/\\d{4}:\\d\\d:\\d\\d:\\d\\d [+-]\\d{4})\\]';
const REQUEST = '"(?<http_method>[A-Z]+) (?<request>[^ "]+)(?: HTTP/(?<http_version>[\\d.]+))?"';
const ACCESS = `(?<remote_host>\\S+) \\S+ (?<auth_user>\\S+) ${TIME} ${REQUEST} (?<status_code>\\d{3}) (?<response_size>\\d+|-)`;
const CLIENT = ' "(?<referrer>[^"]*)" "(?<agent>[^"]*)"';
const NUMBERS = new Set(['status_code', 'response_size', 'pri', 'version']);

function accessFields(found: Readonly<Record<string, string>>): Fields {
  return cleaned({ ...found, ...(found.timestamp && { timestamp: isoOf(found.timestamp) }) });
}

const cleaned = (found: Readonly<Record<string, string>>): Fields =>
  Object.fromEntries(
    Object.entries(found).flatMap(([name, value]) =>
      value === '-' || value === '' ? [] : [[name, NUMBERS.has(name) ? Number(value) : value]],
    ),
  );

/** `03/Aug/2023:12:34:56 +0000`. */
function isoOf(text: string): string {
  const time = new Date(text.replace(/^(\d+)\/(\w+)\/(\d+):/, '$1 $2 $3 '));
  return Number.isNaN(time.getTime()) ? text : time.toISOString().replace('.000Z', 'Z');
}

export const COMMON_LOGS: Readonly<Record<string, CommonLog>> = {
  APACHE_ACCESS_LOG: { regex: `${ACCESS}(?:${CLIENT})?`, fieldsOf: accessFields },
  NGINX_ACCESS_LOG: { regex: `${ACCESS}${CLIENT}`, fieldsOf: accessFields },
  SYSLOG5424: {
    regex:
      '<(?<pri>\\d{1,3})>(?<version>\\d{1,2}) (?<timestamp>\\S+) (?<hostname>\\S+) (?<app>\\S+) (?<proc_id>\\S+) ' +
      '(?<msg_id>\\S+) (?:-|\\[(?<structured_data>(?:[^\\]\\\\]|\\\\.)*)\\]) ?(?<message>(?s:.*))',
    fieldsOf: cleaned,
  },
};
