/** Functions of S3 Select through the front door, one at a time. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { type Cloud, testCloud } from '../../../testing/cloud.ts';
import { promptly } from '../../../testing/promptly.ts';

const Bucket = 'a-bucket';
const Key = 'k';

/** What AWS's own pages show of each. */
const VALUES: readonly (readonly [expression: string, value: string])[] = [
  ['DATE_ADD(year, 5, `2010-01-01T`)', '2015-01-01'],
  ['DATE_ADD(month, 1, `2010T`)', '2010-02T'],
  ['DATE_ADD(month, 13, `2010T`)', '2011-02T'],
  ['DATE_ADD(month, 1, `2011-01-31`)', '2011-02-28'],
  ['DATE_ADD(day, -1, `2017-01-10T`)', '2017-01-09'],
  ['DATE_ADD(hour, 1, `2017T`)', '2017-01-01T01:00-00:00'],
  ['DATE_ADD(hour, 1, `2017-01-02T03:04Z`)', '2017-01-02T04:04Z'],
  ['DATE_ADD(minute, 1, `2017-01-02T03:04:05.006Z`)', '2017-01-02T03:05:05.006Z'],
  ['DATE_ADD(second, 1, `2017-01-02T03:04:05.006Z`)', '2017-01-02T03:04:06.006Z'],
  ['DATE_DIFF(year, `2010-01-01T`, `2011-01-01T`)', '1'],
  ['DATE_DIFF(month, `2010T`, `2011T`)', '12'],
  ['DATE_DIFF(month, `2011T`, `2010T`)', '-12'],
  ['DATE_DIFF(day, `2010-01-01T23:00`, `2010-01-02T01:00`)', '0'],
  ['DATE_DIFF(hour, `2010-01-01T23:00Z`, `2010-01-02T02:30+01:00`)', '2'],
  ['EXTRACT(YEAR FROM `2010-01-01T`)', '2010'],
  ['EXTRACT(MONTH FROM `2010T`)', '1'],
  ['EXTRACT(MONTH FROM `2010-10T`)', '10'],
  ['EXTRACT(HOUR FROM `2017-01-02T03:04:05+07:08`)', '3'],
  ['EXTRACT(MINUTE FROM `2017-01-02T03:04:05+07:08`)', '4'],
  ['EXTRACT(TIMEZONE_HOUR FROM `2017-01-02T03:04:05+07:08`)', '7'],
  ['EXTRACT(TIMEZONE_MINUTE FROM `2017-01-02T03:04:05+07:08`)', '8'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y')", '"July 20, 1969"'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMM d, yyyy')", '"Jul 20, 1969"'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'M-d-yy')", '7-20-69'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MM-d-y')", '07-20-1969'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d y h:m a')", 'July 20 1969 8:18 PM'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'y-MM-dd''T''H:m:ssX')", '1969-07-20T20:18:00Z'],
  ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXX')", '1969-07-20T20:18:00+0800'],
  ["TO_STRING(`1969-07-20T20:18+08:00`, 'y-MM-dd''T''H:m:ssXXXXX')", '1969-07-20T20:18:00+08:00'],
  ["TO_STRING(`1969-07-20T20:18:01.06Z`, 'SSS n')", '060 60000000'],
  ["TO_TIMESTAMP('2007T')", '2007T'],
  ["TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00')", '2007-02-23T12:14:33.079-08:00'],
  ["TO_TIMESTAMP('July 20 1969 8:18 pm', 'MMMM d y h:m a')", '1969-07-20T20:18-00:00'],
  ["TO_TIMESTAMP('07/20/69 +0800', 'MM/dd/yy xx')", '2069-07-20'],
  ["CAST('2007-04-05T14:30Z' AS TIMESTAMP)", '2007-04-05T14:30Z'],
  ['UTCNOW()', '2030-01-01T00:00:00.000Z'],
  ['`2010T` < `2010-01-01T00:00:01Z`', 'true'],
  ['`2017-01-02T03:04+01:00` = `2017-01-02T02:04Z`', 'true'],
  ["TRIM('  x  ')", 'x'],
  ["TRIM(LEADING '1' FROM '112 11')", '2 11'],
  ["TRIM(TRAILING FROM ' x ')", ' x'],
  ["TRIM(BOTH '12' FROM '1112211foobar22211122')", 'foobar'],
];

const REFUSED: readonly (readonly [expression: string, code: string])[] = [
  ['DATE_ADD(week, 1, `2010T`)', 'ParseExpectedDatePart'],
  ["DATE_ADD(year, 1, '2010')", 'IncorrectSqlFunctionArgumentType'],
  ['DATE_ADD(year, 99999, `2010T`)', 'IllegalSqlFunctionArgument'],
  ['DATE_ADD(year, 999999999, UTCNOW())', 'IllegalSqlFunctionArgument'],
  ['EXTRACT(year FROM DATE_ADD(month, 1e300, UTCNOW()))', 'IllegalSqlFunctionArgument'],
  ['DATE_ADD(year, -3000, UTCNOW())', 'IllegalSqlFunctionArgument'],
  ['`2010-02-30T`', 'LexerInvalidIONLiteral'],
  ["TO_TIMESTAMP('yesterday')", 'ValueParseFailure'],
  ["TO_TIMESTAMP('31', 'MM')", 'ValueParseFailure'],
  ["TO_TIMESTAMP('J', 'MMMMM')", 'EvaluatorInvalidTimestampFormatPatternSymbolForParsing'],
  ["TO_TIMESTAMP('1 1', 'y yyyy')", 'EvaluatorTimestampFormatPatternDuplicateFields'],
  ["TO_TIMESTAMP('2010 1', 'y h')", 'EvaluatorTimestampFormatPatternHourClockAmPmMismatch'],
  ["TO_STRING(`2010T`, 'q')", 'EvaluatorInvalidTimestampFormatPatternSymbol'],
  ["TO_STRING(`2010T`, 'yyyyyyy')", 'EvaluatorInvalidTimestampFormatPatternToken'],
  ["TO_STRING(`2010T`, '''y')", 'EvaluatorUnterminatedTimestampFormatPatternToken'],
  ["CAST('x' AS TIMESTAMP)", 'CastFailed'],
  ['UTCNOW(1)', 'EvaluatorInvalidArguments'],
  ["READ_CSV('/etc/passwd')", 'UnsupportedFunction'],
];

describe('Functions of S3 Select', () => {
  let cloud: Cloud;
  before(async () => {
    cloud = await testCloud();
    await cloud.root.s3.createBucket({ Bucket });
    await cloud.root.s3.putObject({ Bucket, Key, Body: 'x\n' });
  });
  async function answered(expression: string): Promise<string> {
    const { Payload } = await cloud.root.s3.selectObjectContent({
      Bucket,
      Key,
      ExpressionType: 'SQL',
      Expression: `SELECT ${expression} FROM S3Object`,
      InputSerialization: { CSV: {} },
      OutputSerialization: { CSV: {} },
    });
    const texts: string[] = [];
    for await (const { Records } of Payload!) texts.push(Buffer.from(Records?.Payload ?? '').toString());
    return texts.join('');
  }
  for (const [expression, value] of VALUES) {
    test(expression, async () => assert.equal(await answered(expression), `${value}\n`));
  }
  for (const [expression, name] of REFUSED) {
    test(`${expression} is ${name}`, () => assert.rejects(answered(expression), { name }));
  }
  test('What a long column is put together to is no longer than a record may be', async () => {
    await cloud.root.s3.putObject({ Bucket, Key, Body: `${'x'.repeat(400_000)}\n` });
    const many = (between: string) => Array(400).fill('UPPER(_1)').join(between);
    const whole = ['_1 || _1 || _1', `CHAR_LENGTH(${many(' || ')})`, many(','), '_1, _1, _1'];
    for (const expression of whole) {
      await promptly(() => assert.rejects(answered(expression), { name: 'OverMaxRecordSize' }));
    }
    assert.equal((await answered('_1, _1')).length, 800_002);
    await cloud.root.s3.putObject({ Bucket, Key, Body: 'x\n' });
  });
  test('A pattern of a thousand numbers does not take for ever', async () => {
    const pattern = 'd M y H m s n x'.replaceAll(' ', '');
    const hostile = answered(`TO_TIMESTAMP('${'1'.repeat(900)}', '${pattern}')`);
    await promptly(() => assert.rejects(hostile, { name: 'ValueParseFailure' }));
  });
});
