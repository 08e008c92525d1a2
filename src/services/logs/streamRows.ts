/** Log streams of a group. */
import { table } from '../../store/store.ts';
import { moment, momentBack } from './segments.ts';

export interface LogStream {
  /** Id of the group. */
  readonly group: string;
  readonly name: string;
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** Of about its newest event, at most a second too early: so that a stream's writers do not wait for each other. */
  readonly lastEvent?: number | undefined;
}

/** Beside the order of names: the opposite one, and by the newest event. */
export const streams = table<LogStream>('logs_stream', {
  key: (stream) => [stream.group, stream.name],
  indexes: {
    nameBack: (stream) => [[stream.group, opposite(stream.name)]],
    lastEvent: (stream) => [[stream.group, moment(stream.lastEvent ?? 0), stream.name]],
    lastEventBack: (stream) => [[stream.group, momentBack(stream.lastEvent ?? 0), opposite(stream.name)]],
  },
});

/** Sorts the other way round. */
function opposite(name: string): string {
  const bytes = Buffer.from(name);
  for (let at = 0; at < bytes.length; at++) bytes[at] = 255 - bytes[at]!;
  return `${bytes.toString('hex')}~`;
}
