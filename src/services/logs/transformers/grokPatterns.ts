/**
 * The grok patterns of CloudWatch Logs: their regular expressions, in terms of each other, and how often each may stand
 * in one expression (20 times where nothing is said). Groups with names are fields of their own.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html
 */
const HEX = '[0-9A-Fa-f]{1,4}';
const PAIR = '[0-9A-Fa-f]{2}';

export const GROK_PATTERNS: Readonly<Record<string, string>> = {
  USERNAME: '[a-zA-Z0-9._-]+',
  USER: '%{USERNAME}',
  INT: '[+-]?\\d+',
  BASE10NUM: '[+-]?(?:\\d+(?:\\.\\d+)?|\\.\\d+)',
  NUMBER: '%{BASE10NUM}',
  BASE16NUM: '[+-]?(?:0x)?[0-9A-Fa-f]+',
  POSINT: '\\b[1-9]\\d*\\b',
  NONNEGINT: '\\b\\d+\\b',
  WORD: '\\b\\w+\\b',
  NOTSPACE: '\\S+',
  SPACE: '\\s*',
  DATA: '.*?',
  GREEDYDATA: '.*',
  GREEDYDATA_MULTILINE: '(?s:.*)',
  QUOTEDSTRING: '"(?:[^"\\\\]|\\\\.)*"|\'(?:[^\'\\\\]|\\\\.)*\'',
  UUID: '[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}',
  URN: "urn:[0-9A-Za-z][0-9A-Za-z-]*:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+",
  ARN: 'arn:(?:aws|aws-cn|aws-us-gov):[\\w-]+:[\\w-]+:\\d{12}:[\\w:.@=+,-]+(?:/[\\w:.@=+,-]+){0,4}',

  CISCOMAC: '(?:[0-9A-Fa-f]{4}\\.){2}[0-9A-Fa-f]{4}',
  WINDOWSMAC: `(?:${PAIR}-){5}${PAIR}`,
  COMMONMAC: `(?:${PAIR}:){5}${PAIR}`,
  MAC: '%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}',
  IPV6: `(?:${HEX}:){7}${HEX}|(?:${HEX}(?::${HEX}){0,5})?::(?:%{IPV4}|(?:[Ff]{4}:)%{IPV4}|${HEX}(?::${HEX}){0,5})?`,
  IPV4: '\\b(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\b',
  IP: '%{IPV6}|%{IPV4}',
  HOSTNAME: '\\b[0-9A-Za-z][0-9A-Za-z-]*(?:\\.[0-9A-Za-z][0-9A-Za-z-]*)*\\.?',
  HOST: '%{HOSTNAME}',
  IPORHOST: '%{IP}|%{HOSTNAME}',
  HOSTPORT: '(?:%{IPORHOST}):(?<PORT>\\b[1-9]\\d*\\b)',
  URIHOST: '(?:%{IPORHOST})(?::(?<port>\\b[1-9]\\d*\\b))?',

  UNIXPATH: '(?:/[\\w%!$@:.,+~?&=#*-]*)+',
  WINPATH: '[A-Za-z]+:(?:\\\\[^\\\\?*]*)+|\\\\(?:\\\\[^\\\\?*]*)+',
  PATH: '%{UNIXPATH}|%{WINPATH}',
  TTY: '/dev/(?:pts|tty(?:[pq])?)(?:\\w+)?/?(?:\\d+)?',
  URIPROTO: '[A-Za-z]+(?:\\+[A-Za-z+]+)?',
  URIPATH: "(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_-]*)+",
  URIPARAM: "\\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?<>\\[\\]-]*",
  URIPATHPARAM: '%{URIPATH}(?:%{URIPARAM})?',
  URI: '%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?',

  MONTH:
    '\\b(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\\b',
  MONTHNUM: '1[0-2]|0?[1-9]',
  MONTHNUM2: '0[1-9]|1[0-2]',
  MONTHDAY: '0[1-9]|[12]\\d|3[01]|[1-9]',
  YEAR: '\\d\\d\\d\\d|\\d\\d',
  DAY: '(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)',
  HOUR: '2[0-3]|[01]?\\d',
  MINUTE: '[0-5]\\d',
  SECOND: '(?:[0-5]\\d|60|\\d)(?:[:.,]\\d+)?',
  TIME: '(?:%{HOUR}):%{MINUTE}:%{SECOND}',
  DATE_US: '(?:%{MONTHNUM})[/-](?:%{MONTHDAY})[/-](?:%{YEAR})',
  DATE_EU: '(?:%{MONTHDAY})[./-](?:%{MONTHNUM})[./-](?:%{YEAR})',
  ISO8601_TIMEZONE: 'Z|[+-](?:%{HOUR}):?%{MINUTE}',
  ISO8601_SECOND: '%{SECOND}',
  TIMESTAMP_ISO8601:
    '(?:%{YEAR})-(?:%{MONTHNUM})-(?:%{MONTHDAY})[T ](?:%{HOUR}):?%{MINUTE}(?::?%{SECOND})?(?:%{ISO8601_TIMEZONE})?',
  DATE: '%{DATE_US}|%{DATE_EU}',
  DATESTAMP: '(?:%{DATE})[- ]%{TIME}',
  TZ: '[PMCE][SD]T|UTC',
  DATESTAMP_RFC822: '%{DAY} %{MONTH} (?:%{MONTHDAY}) (?:%{YEAR}) %{TIME} (?:%{TZ})',
  DATESTAMP_RFC2822: '%{DAY}, (?:%{MONTHDAY}) %{MONTH} (?:%{YEAR}) %{TIME} (?:%{ISO8601_TIMEZONE})',
  DATESTAMP_OTHER: '%{DAY} %{MONTH} (?:%{MONTHDAY}) %{TIME} (?:%{TZ}) (?:%{YEAR})',
  DATESTAMP_EVENTLOG: '(?:%{YEAR})(?:%{MONTHNUM2})(?:%{MONTHDAY})(?:%{HOUR})%{MINUTE}%{SECOND}',

  LOGLEVEL:
    '[Aa]lert|ALERT|[Tt]race|TRACE|[Dd]ebug|DEBUG|[Nn]otice|NOTICE|[Ii]nfo|INFO|[Ww]arn(?:ing)?|WARN(?:ING)?|[Ee]rr(?:or)?|ERR(?:OR)?|[Cc]rit(?:ical)?|CRIT(?:ICAL)?|[Ff]atal|FATAL|[Ss]evere|SEVERE|[Ee]merg(?:ency)?|EMERG(?:ENCY)?',
  HTTPDATE: '(?:%{MONTHDAY})/%{MONTH}/(?:%{YEAR}):%{TIME} %{INT}',
  SYSLOGTIMESTAMP: '%{MONTH} +(?:%{MONTHDAY}) %{TIME}',
  PROG: '[\\w./%-]+',
  SYSLOGPROG: '(?<program>%{PROG})(?:\\[(?<pid>\\d+)\\])?',
  SYSLOGHOST: '%{IP}|%{HOSTNAME}',
  SYSLOGFACILITY: '<(?<facility>\\d+)\\.(?<priority>\\d+)>',
};

const FIVE = [
  ...['NOTSPACE', 'SPACE', 'DATA', 'GREEDYDATA', 'ARN', 'IPV6', 'IP', 'HOSTNAME', 'HOST', 'IPORHOST', 'HOSTPORT'],
  ...['URIHOST', 'WINPATH', 'PATH', 'URIPARAM', 'URIPATHPARAM', 'URI', 'SYSLOGHOST'],
];

export const GROK_PATTERNS_MAX = 20;
export const grokLimitOf = (name: string): number =>
  name === 'GREEDYDATA_MULTILINE' ? 1 : FIVE.includes(name) ? 5 : 20;

/** Five of them all together. */
export const WIDE_PATTERNS = new Set([
  ...['URI', 'URIPARAM', 'URIPATHPARAM', 'SPACE', 'DATA', 'GREEDYDATA', 'GREEDYDATA_MULTILINE'],
]);
export const WIDE_PATTERNS_MAX = 5;
