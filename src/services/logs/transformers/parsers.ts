/** Parsers that are configured: JSON, CSV, pairs. https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html */
import type { CSV, ParseJSON, ParseKeyValue } from '@aws-sdk/client-cloudwatch-logs';
import { csvRows } from '../csv.ts';
import { type Fields, type LogEvent, merge, setField, textAt, Untransformable } from './event.ts';

export function parseJson({ source, destination }: ParseJSON) {
  return (event: LogEvent): void => merge(event, destination, jsonObject(textAt(event, source)), true);
}

/** @throws Untransformable for what is no JSON object */
export function jsonObject(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    // Not JSON.
  }
  throw new Untransformable('The text is no JSON object.');
}

const COLUMNS_MAX = 100;
const SPELT: Readonly<Record<string, string>> = { '\\t': '\t', '\\s': ' ' };

export function parseCsv({ source, destination, delimiter = ',', quoteCharacter = '"', columns = [] }: CSV) {
  const between = SPELT[delimiter] ?? delimiter;
  const prefix = destination === undefined ? '' : `${destination}.`;
  return (event: LogEvent): void => {
    const values = csvRows(textAt(event, source), { delimiter: between, quote: quoteCharacter, lines: false })[0] ?? [];
    for (const [i, value] of values.slice(0, COLUMNS_MAX).entries()) {
      setField(event, prefix + (columns[i] ?? `column_${i + 1}`), value, true);
    }
  };
}

export function parseKeyValue(config: ParseKeyValue) {
  const { source, destination, keyPrefix = '', nonMatchValue, overwriteIfExists = false } = config;
  const { fieldDelimiter = '&', keyValueDelimiter = '=' } = config;
  return (event: LogEvent): void => {
    const pairs = textAt(event, source)
      .split(fieldDelimiter)
      .flatMap((pair): [string, string][] => {
        const at = pair.indexOf(keyValueDelimiter);
        if (at >= 0) return [[keyPrefix + pair.slice(0, at), pair.slice(at + keyValueDelimiter.length)]];
        return pair === '' || nonMatchValue === undefined ? [] : [[keyPrefix + pair, nonMatchValue]];
      });
    merge(event, destination, Object.fromEntries(pairs), overwriteIfExists);
  };
}
