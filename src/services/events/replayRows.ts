/** Replays: events of an archive, on their bus once more. */
import { table } from '../../store/store.ts';

export interface Replay {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  readonly description?: string;
  readonly archive: string;
  readonly bus: string;
  /** Names of the only rules that get the events. */
  readonly rules?: readonly string[];
  readonly filterArns?: readonly string[];
  /** Milliseconds; the end is not in it. */
  readonly from: number;
  readonly to: number;
  readonly state: 'STARTING' | 'RUNNING' | 'CANCELLING' | 'COMPLETED' | 'CANCELLED' | 'FAILED';
  readonly reason?: string;
  readonly started: string;
  readonly ended?: string;
  /** Milliseconds: time of the event replayed last. */
  readonly last?: number;
  /** Where in the archive it stands. */
  readonly cursor?: string;
}

/** Index `place`: [account, region]; `active`: the same, of those that are under way. */
export const replays = table<Replay>('events_replay', {
  key: (replay) => [replay.account, replay.region, replay.name],
  indexes: {
    place: (replay) => [[replay.account, replay.region]],
    active: (replay) => (replay.ended === undefined ? [[replay.account, replay.region]] : []),
  },
});
