import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { filterPattern, subjectOf } from './index.ts';

const matching = (pattern: string, messages: readonly string[]) => {
  const compiled = filterPattern(pattern);
  return messages.filter((message) => compiled.matches(subjectOf(message)));
};

const ERRORS = [
  '[ERROR 400] BAD REQUEST',
  '[ERROR 401] UNAUTHORIZED REQUEST',
  '[ERROR 419] MISSING ARGUMENTS',
  '[ERROR 420] INVALID ARGUMENTS',
];
const REQUESTS = ['[INFO] REQUEST FAILED', '[WARN] UNAUTHORIZED REQUEST', '[ERROR] 400 BAD REQUEST'];

/** The examples of the user guide. */
const TERMS: readonly (readonly [pattern: string, messages: readonly string[], matching: readonly number[]])[] = [
  ['', ERRORS, [0, 1, 2, 3]],
  ['" "', ERRORS, [0, 1, 2, 3]],
  ['ERROR', ERRORS, [0, 1, 2, 3]],
  ['ERROR ARGUMENTS', ERRORS, [2, 3]],
  ['?ERROR ?ARGUMENTS', ERRORS, [0, 1, 2, 3]],
  ['?BAD ?MISSING', ERRORS, [0, 2]],
  ['?ERROR ?ARGUMENTS REQUEST', REQUESTS, [0, 1, 2]],
  ['"INTERNAL SERVER ERROR"', ['[ERROR 500] INTERNAL SERVER ERROR', 'INTERNAL ERROR'], [0]],
  ['ERROR -ARGUMENTS', ERRORS, [0, 1]],
  ['-ARGUMENTS', ERRORS, [0, 1]],
  ['%AUTHORIZED%', ['[ERROR 401] UNAUTHORIZED REQUEST', '[SUCCESS 200] AUTHORIZED REQUEST', 'none'], [0, 1]],
  ['error', ERRORS, []],
  ['"say \\"hi\\""', ['they say "hi"', 'they say hi'], [0]],
];

test('Unstructured patterns match as the user guide says', () => {
  for (const [pattern, messages, wanted] of TERMS) {
    assert.deepEqual(
      matching(pattern, messages),
      wanted.map((i) => messages[i]),
      pattern,
    );
  }
});

const TRAIL = JSON.stringify({
  eventType: 'UpdateTrail',
  sourceIPAddress: '111.111.111.111',
  arrayKey: ['value', 'another value'],
  objectList: [
    { name: 'a', id: 1 },
    { name: 'b', id: 2 },
  ],
  SomeObject: null,
  'cluster.name': 'c',
  flag: true,
  bandwidth: 80,
  text: '90',
});
const USERS = JSON.stringify({
  user: { id: 1, email: 'John.Stiles@example.com' },
  users: [
    { id: 2, email: 'John.Doe@example.com' },
    { id: 3, email: 'Jane.Doe@example.com' },
  ],
  actions: ['GET', 'PUT', 'DELETE'],
  coordinates: [
    [0, 1, 2],
    [4, 5, 6],
  ],
});

const JSONS: readonly (readonly [pattern: string, message: string, matches: boolean])[] = [
  ['{ $.eventType = "UpdateTrail" }', TRAIL, true],
  ['{$.eventType=UpdateTrail}', TRAIL, true],
  ['{ $.eventType = "Update*" }', TRAIL, true],
  ['{ $.eventType = "*date*ail" }', TRAIL, true],
  ['{ $.eventType = "update*" }', TRAIL, false],
  ['{ $.eventType != "Update*" }', TRAIL, false],
  ['{ $.sourceIPAddress != 123.123.* }', TRAIL, true],
  ['{ $.arrayKey[0] = "value" }', TRAIL, true],
  ['{ $.arrayKey[1] = "value" }', TRAIL, false],
  ['{ $.arrayKey = "value" }', TRAIL, false],
  ['{ $.eventType = %Trail% }', TRAIL, true],
  ['{ $.arrayKey[*] = %val.{2}% }', TRAIL, true],
  ['{ $.* = %111\\.111\\.111\\.1[0-9]{1,2}% }', TRAIL, true],
  ['{ $.[\'cluster.name\'] = "c" }', TRAIL, true],
  ['{ $.SomeObject IS NULL }', TRAIL, true],
  ['{ $.flag IS TRUE }', TRAIL, true],
  ['{ $.flag IS FALSE }', TRAIL, false],
  ['{ $.SomeOtherObject NOT EXISTS }', TRAIL, true],
  ['{ $.eventType NOT EXISTS }', TRAIL, false],
  ['{ $.SomeOtherObject != "x" }', TRAIL, false],
  ['{ $.bandwidth > 75 }', TRAIL, true],
  ['{ $.bandwidth >= 8e1 }', TRAIL, true],
  ['{ $.bandwidth < 80 }', TRAIL, false],
  ['{ $.bandwidth = 80.0 }', TRAIL, true],
  ['{ $.objectList[*].id = 2 }', TRAIL, true],
  ['{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', USERS, true],
  [
    '{ $.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch" && $.actions[2] = "nonmatch" }',
    USERS,
    true,
  ],
  [
    '{ ($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = "nonmatch") && $.actions[2] = "nonmatch" }',
    USERS,
    false,
  ],
  ['{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', USERS, false],
  ['{ $.coordinates[1][2] = 6 }', USERS, true],
  ['{ $.a = 1 }', 'no json', false],
  ['{ $.a = 1 }', '[{"a":1}]', false],
];

test('JSON patterns match as the user guide says', () => {
  for (const [pattern, message, wanted] of JSONS) {
    assert.equal(matching(pattern, [message]).length === 1, wanted, `${pattern} on ${message}`);
  }
});

test('The CIS benchmark’s patterns are patterns', () => {
  const root = '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}';
  const keys = '{($.eventSource=kms.amazonaws.com) && (($.eventName=DisableKey)||($.eventName=ScheduleKeyDeletion))}';
  const denied = '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }';
  const login = JSON.stringify({ userIdentity: { type: 'Root' }, eventType: 'AwsConsoleSignIn' });
  assert.deepEqual(matching(root, [login, '{"userIdentity":{"type":"IAMUser"},"eventType":"x"}']), [login]);
  const disable = '{"eventSource":"kms.amazonaws.com","eventName":"DisableKey"}';
  assert.deepEqual(matching(keys, [disable, '{"eventSource":"kms.amazonaws.com"}']), [disable]);
  const code = '{"errorCode":"Client.UnauthorizedOperation"}';
  assert.deepEqual(matching(denied, [code, '{"errorCode":"Throttled"}', '{"errorCode":"AccessDeniedX"}']).length, 2);
});

const ACCESS = '127.0.0.1 Prod frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
const LINES = [
  'INFO 09/25/2014 12:00:00 GET /service/resource/67 1200',
  'INFO 09/25/2014 12:00:01 POST /service/resource/67/part/111 1310',
  'WARNING 09/25/2014 12:00:02 Invalid user request',
  'ERROR 09/25/2014 12:00:02 Failed to process request',
];
const WORDS: readonly (readonly [pattern: string, messages: readonly string[], matching: readonly number[]])[] = [
  [
    '[ip=%127\\.0\\.0\\.[1-9]%, user, username, timestamp, request =*.html*, status_code = 4*, bytes]',
    [ACCESS, ACCESS.replace('404', '200')],
    [0],
  ],
  ['[..., request =*.html*, status_code = 4*, bytes]', [ACCESS], [0]],
  ['[ip, user, username, timestamp, request =*.html*, status_code = 404 || status_code = 410, bytes]', [ACCESS], [0]],
  ['[ip, ..., bytes > 1000 && bytes < 1600]', [ACCESS, ACCESS.replace('1534', '999')], [0]],
  ['[w1=ERROR, w2]', LINES, [3]],
  ['[w1=ERROR || w1=WARNING, w2]', LINES, [2, 3]],
  ['[w1!=ERROR && w1!=WARNING, w2]', LINES, [0, 1]],
  ['[logLevel, date, time, method, url=%/service/resource/[0-9]+$%, response_time]', LINES, [0]],
  ['[logLevel, date, time, method, url=%/service/resource/[0-9]+/part/[0-9]+$%, response_time]', LINES, [1]],
];

test('Space-delimited patterns match as the user guide says', () => {
  for (const [pattern, messages, wanted] of WORDS) {
    assert.deepEqual(
      matching(pattern, messages),
      wanted.map((i) => messages[i]),
      pattern,
    );
  }
});

test('Patterns extract the fields that they name', () => {
  const words = filterPattern('[ip, user, username, timestamp, request, status_code, bytes]');
  assert.deepEqual(words.extract(subjectOf(ACCESS)), {
    $ip: '127.0.0.1',
    $user: 'Prod',
    $username: 'frank',
    $timestamp: '10/Oct/2000:13:25:15 -0700',
    $request: 'GET /index.html HTTP/1.0',
    $status_code: '404',
    $bytes: '1534',
  });
  const json = filterPattern('{ $.eventType = * && $.bandwidth > 1 }');
  assert.deepEqual(json.extract(subjectOf(TRAIL)), { '$.eventType': 'UpdateTrail', '$.bandwidth': '80' });
  assert.equal(json.value(subjectOf(TRAIL), '$.objectList[1].name'), 'b');
});

const INVALID = [
  '"open',
  '%open',
  '%(a)%',
  '%a!%',
  '%a**%',
  'a-b:c',
  '[',
  '[a, b',
  '[a, a]',
  '[a = ]',
  '[a = 1 && b = 2]',
  '[..., a, ...]',
  '[a] b',
  '{',
  '{}',
  '{ $.a }',
  '{ $.a = }',
  '{ $.a == 1 }',
  '{ $.a > "x" }',
  '{ a = 1 }',
  '{ $.a IS NOT NULL }',
  '{ $.a EXISTS }',
  '{ $.a = 1 & $.b = 2 }',
  '{ ($.a = 1 }',
  '{ $.a[ = 1 }',
  '{ $.["a"] = 1 }',
  '{ $.*.* = 1 }',
  '{ $.a[*] = 1 && $.b[*] = 1 && $.c[*] = 1 && $.d[*] = 1 }',
  '{ $.a = %x% && $.b = %y% && $.c = %z% }',
  '{ $.a = 1 } x',
];

test('What is no pattern is refused in AWS’s words', () => {
  for (const pattern of INVALID) {
    assert.throws(
      () => filterPattern(pattern),
      { name: 'InvalidParameterException', message: 'Invalid filter pattern' },
      pattern,
    );
  }
});

const PIECES = ['{', '}', '[', ']', '(', ')', '$', '.', 'a', '"', '%', '*', '...', ',', '=', '!=', '&&', '||', '\\'];
const MORE = [' ', '?', '-', '0', 'IS', 'NULL', 'NOT EXISTS', '>', "'", 'é', '\u0000', '|', '+', '{2,3}', '^', '1e3'];

test('Any text is a pattern or refused, and any pattern bears any message', () => {
  const piece = fc.constantFrom(...PIECES, ...MORE);
  const text = fc.oneof(
    fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
    fc.array(piece, { maxLength: 20 }).map((pieces) => `{$.a${pieces.join('')}}`),
    fc.array(piece, { maxLength: 20 }).map((pieces) => `[a${pieces.join('')}]`),
    fc.string({ maxLength: 40 }),
  );
  const message = fc.oneof(fc.string({ unit: 'binary', maxLength: 60 }), fc.json());
  fc.assert(
    fc.property(text, message, (pattern, sent) => {
      let compiled: ReturnType<typeof filterPattern>;
      try {
        compiled = filterPattern(pattern);
      } catch (error) {
        assert.equal((error as Error).name, 'InvalidParameterException');
        return;
      }
      const subject = subjectOf(sent);
      assert.equal(typeof compiled.matches(subject), 'boolean');
      for (const value of Object.values(compiled.extract(subject))) assert.equal(typeof value, 'string');
    }),
    { numRuns: 3000 },
  );
});
