import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { recordScanner } from './scan.ts';

interface Found {
  readonly records: unknown[];
  readonly faults: [offset: number, message: string][];
}

function scanned(text: string, cuts: readonly number[] = []): Found {
  const found: Found = { records: [], faults: [] };
  const scanner = recordScanner({
    record: (buffer, start, end, offset) => {
      const record = buffer.toString('utf8', start, end);
      assert.equal(
        Buffer.from(text).subarray(offset).toString('utf8').startsWith(record),
        true,
        'the offset is its place',
      );
      found.records.push(JSON.parse(record));
    },
    malformed: (offset, message) => found.faults.push([offset, message]),
  });
  const bytes = Buffer.from(text);
  let from = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    scanner.push(bytes.subarray(from, cut));
    from = Math.max(from, Math.min(cut, bytes.length));
  }
  scanner.push(bytes.subarray(from));
  scanner.end();
  return found;
}

const one = { eventName: 'A', quoted: 'a "brace} in\\ text', deep: { list: [{ Records: [] }, [1, 2]] } };
const two = { eventName: 'ünïcode', Records: 'no list' };

describe('recordScanner finds the records of', () => {
  const forms: Readonly<Record<string, string>> = {
    'a delivered file': JSON.stringify({ Records: [one, two] }),
    'a pretty-printed file': JSON.stringify({ Records: [one, two] }, null, 2),
    'look-up output with members before and after': JSON.stringify({
      NextToken: 'x',
      Events: [one, two],
      More: { a: 1 },
    }),
    'a list': JSON.stringify([one, two], null, 1),
    'JSON Lines': `${JSON.stringify(one)}\n${JSON.stringify(two)}\n`,
    'single records printed one after the other': `${JSON.stringify(one, null, 2)}\n${JSON.stringify(two, null, 2)}`,
    'several delivered files in one': `${JSON.stringify({ Records: [one] })}${JSON.stringify({ Records: [two] })}`,
  };
  for (const [form, text] of Object.entries(forms)) {
    it(form, () => assert.deepEqual(scanned(text), { records: [one, two], faults: [] }));
  }
  it('nothing at all', () => assert.deepEqual(scanned('{"Records":[]}\n'), { records: [], faults: [] }));
});

it('recordScanner finds the same wherever the pieces end', () => {
  const record = fc.dictionary(
    fc.string(),
    fc.oneof(fc.string(), fc.array(fc.string()), fc.dictionary(fc.string(), fc.string())),
  );
  fc.assert(
    fc.property(
      fc.array(record),
      fc.array(fc.nat(400)),
      fc.constantFrom(0, 2),
      fc.boolean(),
      (list, cuts, indent, lines) => {
        const records = list.map((one, i) => ({ eventName: String(i), ...one, Records: i }));
        const text = lines
          ? records.map((one) => JSON.stringify(one)).join('\n')
          : JSON.stringify({ Records: records }, null, indent);
        assert.deepEqual(scanned(text, cuts), { records: JSON.parse(JSON.stringify(records)), faults: [] });
      },
    ),
  );
});

describe('recordScanner names what is damaged and goes on:', () => {
  const good = JSON.stringify(two);
  const cases: readonly (readonly [title: string, text: string, faults: readonly number[], records: number])[] = [
    ['a file cut short', `{"Records":[${good},{"eventName":"B`, [12 + Buffer.byteLength(good) + 1], 1],
    ['a line cut short within a text', `{"eventName":"B\n${good}\n`, [0], 1],
    ['a line cut short elsewhere', `{"eventName":"B"\n${good}\n`, [0], 1],
    ['a record that is not closed, in a list', `[{"eventName":"B" ${good}]`, [1], 1],
    ['a bracket too many', `${good}}\n${good}`, [Buffer.byteLength(good)], 2],
    ['a list cut short', `[${good},`, [2 + Buffer.byteLength(good)], 1],
  ];
  for (const [title, text, faults, records] of cases) {
    it(title, () => {
      const found = scanned(text);
      assert.deepEqual(
        found.faults.map(([offset]) => offset),
        faults,
      );
      assert.equal(found.records.length, records);
    });
  }
});
