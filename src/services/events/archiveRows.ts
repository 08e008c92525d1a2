/** Archives, the events they keep, and how much that is. */
import { table } from '../../store/store.ts';
import type { Encrypted } from './encryption.ts';
import type { BusName } from './names.ts';

export interface Archive {
  readonly account: string;
  readonly region: string;
  readonly name: string;
  /** Bus whose events it keeps. */
  readonly bus: string;
  readonly description?: string;
  readonly pattern?: string;
  /** 0: for ever. */
  readonly retentionDays: number;
  readonly created: string;
  /** Key that its events are encrypted under, as it was given. */
  readonly kmsKey?: string;
}

/** Index `place`: [account, region]; `bus`: [account, region, bus]. */
export const archives = table<Archive>('events_archive', {
  key: (archive) => [archive.account, archive.region, archive.name],
  indexes: {
    place: (archive) => [[archive.account, archive.region]],
    bus: (archive) => [[archive.account, archive.region, archive.bus, archive.name]],
  },
});

export interface ArchivedEvent {
  readonly account: string;
  readonly region: string;
  readonly archive: string;
  /** Milliseconds: the event's own time, and when it was kept. */
  readonly time: number;
  readonly kept: number;
  readonly id: string;
  /** JSON; empty where it is sealed. */
  readonly event: string;
  readonly sealed?: Encrypted;
  /** Of a sealed event. */
  readonly bytes?: number;
}

const moment = (milliseconds: number) => String(milliseconds).padStart(15, '0');

/** In the order of their times. Index `kept`: in the order in which they came. */
export const archivedEvents = table<ArchivedEvent>('events_archived', {
  key: (event) => [event.account, event.region, event.archive, moment(event.time), event.id],
  indexes: { kept: (event) => [[event.account, event.region, event.archive, moment(event.kept), event.id]] },
});

export interface ArchiveSize {
  readonly account: string;
  readonly region: string;
  readonly archive: string;
  readonly events: number;
  readonly bytes: number;
}

export const archiveSizes = table<ArchiveSize>('events_archive_size', {
  key: (size) => [size.account, size.region, size.archive],
});

export const archiveArn = ({ account, region, name }: BusName) => `arn:aws:events:${region}:${account}:archive/${name}`;
