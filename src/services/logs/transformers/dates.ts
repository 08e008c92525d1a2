/**
 * dateTimeConverter: times by patterns as Java's DateTimeFormatter has them, and `epoch`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Datatype.html
 */
import type { DateTimeConverter } from '@aws-sdk/client-cloudwatch-logs';
import { isTimeZone } from '../../../core/zones.ts';
import { type DateReader, dateReader, dateWriter, type Names, namesIn, type Problem } from '../javaDates.ts';
import { fieldAt, type LogEvent, setField, Untransformable } from './event.ts';
import { refuse } from './refusal.ts';

const STANDARD_FORMAT = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";

/** @throws InvalidParameterException for patterns, languages and zones that are none */
export function dateTimeConverter(config: DateTimeConverter): (event: LogEvent) => void {
  const { source = '', target = '', matchPatterns = [], targetFormat = STANDARD_FORMAT, locale = 'en' } = config;
  const { sourceTimezone = 'UTC', targetTimezone = 'UTC' } = config;
  const names = namesOf(locale);
  const unknown = [sourceTimezone, targetTimezone].find((zone) => !isTimeZone(zone));
  if (unknown !== undefined) refuse(`the time zone ${unknown} is not known.`);
  const readers = matchPatterns.map((pattern) => (pattern === 'epoch' ? epoch : sound(dateReader(pattern, names))));
  const write = sound(dateWriter(targetFormat, names));
  return (event) => {
    const value = fieldAt(event, source);
    if (typeof value !== 'string' && typeof value !== 'number') return;
    for (const read of readers) {
      const time = read(String(value), sourceTimezone, event.fuel);
      if (time === undefined) continue;
      setField(event, target, write(time, targetTimezone), true);
      return;
    }
    throw new Untransformable(`The value of ${source} is not of any of the patterns.`);
  };
}

const epoch: DateReader = (text) => (/^\d{1,14}$/.test(text) ? Number(text) : undefined);

const sound = <T extends object>(made: T | Problem): T => ('problem' in made ? refuse(made.problem) : made);

function namesOf(locale: string): Names {
  try {
    return namesIn(locale);
  } catch {
    return refuse(`the locale ${locale} is not known.`);
  }
}
