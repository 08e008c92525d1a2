/** Grok patterns by AWS's documented examples. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { grokOf } from './grok.ts';

function matched(match: string, message: string): unknown {
  const origin = { group: 'g', stream: 's', account: 'a', region: 'r' };
  const event = { message, fields: {}, origin, fuel: { left: 1_000_000 } };
  grokOf(match, undefined)(event);
  return event.fields;
}

/** A pattern and a text that is all of it. */
const WHOLE: readonly (readonly [string, ...string[]])[] = [
  ['USERNAME', 'user123.name-TEST'],
  ['INT', '-456'],
  ['BASE10NUM', '-0.67'],
  ['BASE16NUM', '+0xA1B2'],
  ['POSINT', '123'],
  ['NONNEGINT', '007'],
  ['WORD', 'user_123'],
  ['NOTSPACE', 'hello_world123'],
  ['DATA', 'abc def'],
  ['GREEDYDATA_MULTILINE', 'abc\ndef\nghi'],
  ['UUID', '550e8400-e29b-41d4-a716-446655440000'],
  ['URN', 'urn:isbn:0451450523'],
  ['ARN', 'arn:aws:iam:us-east-1:123456789012:user/johndoe'],
  ['MAC', '0123.4567.89AB', '01-23-45-67-89-AB', '01:23:45:67:89:AB'],
  ['IPV6', '2001:db8:3333:4444:5555:6666:7777:8888', '::1', 'fe80::a:b', '::ffff:10.0.0.1'],
  ['IP', '192.168.0.1', '2001:db8:3333:4444:5555:6666:7777:8888'],
  ['HOST', 'server-01.internal-network.local'],
  ['IPORHOST', '2001:db8:3333:4444:5555:6666:7777:8888', 'example.com'],
  ['UNIXPATH', '/search?q=regex'],
  ['WINPATH', 'C:\\Users\\John\\Documents\\file.txt'],
  ['TTY', '/dev/tty1'],
  ['URIPROTO', 'web+transformer'],
  ['URIPATH', '/category/sub-category/product_name'],
  ['URIPARAM', '?param1=value1&param2=value2'],
  ['URIPATHPARAM', '/category/sub-category/product?id=12345&color=red'],
  ['URI', 'https://user:password@example.com/path/to/resource?param1=value1&param2=value2'],
  ['MONTH', 'Jan', 'January'],
  ['MONTHNUM', '5', '05', '12'],
  ['MONTHDAY', '31'],
  ['YEAR', '2024', '24'],
  ['DAY', 'Tuesday'],
  ['HOUR', '22'],
  ['SECOND', '3', '30.5', '30:5', '60'],
  ['TIME', '09:45:32'],
  ['DATE_US', '11/23/2024', '1-01-24'],
  ['DATE_EU', '23/11/2024', '1.01.24'],
  ['ISO8601_TIMEZONE', '+05:30', '-530', 'Z'],
  ['TIMESTAMP_ISO8601', '2023-05-15T14:30:00+05:30', '23-5-1T1:25+5:30', '23-5-1T1:25Z'],
  ['DATE', '11/29/2024', '29.11.2024'],
  ['DATESTAMP', '29-11-2024 14:30:00'],
  ['TZ', 'PDT', 'UTC'],
  ['DATESTAMP_RFC822', 'Monday Jan 5 23 1:30:00 CDT', 'Mon January 15 2023 14:30:00 PST'],
  ['DATESTAMP_RFC2822', 'Mon, 15 May 2023 14:30:00 +0530', 'Monday, 15 Jan 23 14:30:00 Z'],
  ['DATESTAMP_OTHER', 'Mon May 15 14:30:00 PST 2023'],
  ['DATESTAMP_EVENTLOG', '20230515143000'],
  ['LOGLEVEL', 'INFO', 'Warning', 'EMERGENCY', 'err'],
  ['HTTPDATE', '23/Nov/2024:14:30:00 +0640'],
  ['SYSLOGTIMESTAMP', 'Nov 29 14:30:00'],
  ['PROG', 'user.profile/settings-page'],
];

for (const [name, ...texts] of WHOLE) {
  test(`grok: ${name}`, () => {
    for (const text of texts) assert.deepEqual(matched(`%{${name}:x}`, text), { x: text });
  });
}

test('grok: patterns with fields of their own', () => {
  assert.deepEqual(matched('%{HOSTPORT:ip}', '192.168.1.1:8080'), { ip: '192.168.1.1:8080', PORT: '8080' });
  const hosts = { host: 'example.com:443', port: '443', ip: '10.0.0.1' };
  assert.deepEqual(matched('%{URIHOST:host} %{URIHOST:ip}', 'example.com:443 10.0.0.1'), hosts);
  const program = { programWithId: 'a.b/c-d[1234]', program: 'a.b/c-d', pid: '1234' };
  assert.deepEqual(matched('%{SYSLOGPROG:programWithId}', 'a.b/c-d[1234]'), program);
  const facility = { syslog: '<13.6>', facility: '13', priority: '6' };
  assert.deepEqual(matched('%{SYSLOGFACILITY:syslog}', '<13.6>'), facility);
  assert.deepEqual(matched('%{QUOTEDSTRING:m}', 'say "Hello, world!"'), { m: 'Hello, world!' });
});

test('grok: several patterns, with text between them', () => {
  const slow = '%{NUMBER:at} [%{NUMBER:db} %{IP:client_ip}:%{NUMBER:client_port}] %{GREEDYDATA:data}';
  assert.deepEqual(matched(slow, '1629860738.123456 [0 127.0.0.1:6379] "SET" "key1" "value1"'), {
    at: '1629860738.123456',
    db: '0',
    client_ip: '127.0.0.1',
    client_port: '6379',
    data: '"SET" "key1" "value1"',
  });
  assert.deepEqual(matched('%{DATA:x} %{DATA:y}', 'abc def ghi'), { x: 'abc', y: 'def ghi' });
  assert.deepEqual(matched('%{GREEDYDATA:x} %{GREEDYDATA:y}', 'abc def ghi'), { x: 'abc def', y: 'ghi' });
  const request = '%{IP:client.ip} %{WORD:method} %{URIPATHPARAM:request.uri} %{NUMBER:response.status}';
  assert.deepEqual(matched(request, '192.168.1.1 GET /index.html?param=value 200'), {
    client: { ip: '192.168.1.1' },
    method: 'GET',
    request: { uri: '/index.html?param=value' },
    response: { status: '200' },
  });
});

test('grok: common logs', () => {
  const at = '[03/Aug/2023:12:34:56 +0000]';
  const page = { http_method: 'GET', request: '/page.html', http_version: '1.1', timestamp: '2023-08-03T12:34:56Z' };
  const apache = `127.0.0.1 - - ${at} "GET /page.html HTTP/1.1" 200 1234`;
  const answered = { ...page, remote_host: '127.0.0.1', status_code: 200, response_size: 1234 };
  assert.deepEqual(matched('%{APACHE_ACCESS_LOG}', apache), answered);
  const nginx = `192.168.1.100 - Foo ${at} "GET /page.html HTTP/1.1" 200 42 "https://www.amazon.com/" "Mozilla/5.0 (W)"`;
  assert.deepEqual(matched('%{NGINX_ACCESS_LOG}', nginx), {
    ...page,
    remote_host: '192.168.1.100',
    auth_user: 'Foo',
    status_code: 200,
    response_size: 42,
    referrer: 'https://www.amazon.com/',
    agent: 'Mozilla/5.0 (W)',
  });
  const syslog =
    '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3"][class="high"]';
  assert.deepEqual(matched('%{SYSLOG5424}', syslog), {
    pri: 165,
    version: 1,
    timestamp: '2003-10-11T22:14:15.003Z',
    hostname: 'mymachine.example.com',
    app: 'evntslog',
    msg_id: 'ID47',
    structured_data: 'exampleSDID@32473 iut="3"',
    message: '[class="high"]',
  });
});
