/** Anomaly detectors of log groups, and the anomalies that they found. Times are milliseconds since 1970. */
import type { AnomalyDetectorStatus, EvaluationFrequency } from '@aws-sdk/client-cloudwatch-logs';
import type { Tag } from '../../../core/operation.ts';
import { table } from '../../../store/store.ts';
import type { ResourceKey } from '../resourceKeys.ts';

export interface Detector {
  readonly account: string;
  readonly region: string;
  readonly id: string;
  readonly name?: string | undefined;
  /** The group's ARN, and its id. */
  readonly groupArn: string;
  readonly group: string;
  readonly frequency: EvaluationFrequency;
  readonly filterPattern?: string | undefined;
  readonly visibilityDays: number;
  readonly created: number;
  readonly modified: number;
  readonly status: AnomalyDetectorStatus;
  readonly tags: readonly Tag[];
  /** What its model and its anomalies are sealed under. */
  readonly kms?: ResourceKey | undefined;
  /** Counts the writings of its model, which lies beside the rows. */
  readonly model?: number | undefined;
  /** When it last looked. */
  readonly looked?: number | undefined;
}

export const anomalyDetectors = table<Detector>('logs_anomaly_detector', {
  key: ({ account, region, id }) => [account, region, id],
  indexes: { group: ({ group, id }) => [[group, id]] },
});

export const detectorArn = ({ account, region, id }: Pick<Detector, 'account' | 'region' | 'id'>) =>
  `arn:aws:logs:${region}:${account}:anomaly-detector:${id}`;

export const SCAN = 'logs.anomalies';

export interface Suppression {
  readonly since: number;
  /** 0: for ever. */
  readonly until: number;
  readonly ofPattern: boolean;
}

export interface FoundAnomaly {
  /** Id of the detector. */
  readonly detector: string;
  readonly account: string;
  readonly region: string;
  readonly id: string;
  /** What makes it this one among those of its detector. */
  readonly about: string;
  readonly pattern: string;
  readonly text: string;
  readonly regex: string;
  readonly tokens: readonly FoundToken[];
  readonly priority: 'HIGH' | 'MEDIUM' | 'LOW';
  readonly description: string;
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** Time of a look → occurrences, the last ones. */
  readonly histogram: Readonly<Record<string, number>>;
  readonly samples: readonly { readonly timestamp: number; readonly message: string }[];
  readonly suppression?: Suppression | undefined;
  /** It counts as normal by now. */
  readonly baseline?: true | undefined;
  /** JSON of `Told`, of a detector with a key: what it tells of the events is in here only. Base 64. */
  readonly sealed?: string | undefined;
}

/** What an anomaly tells of the events. */
export type Told = Pick<FoundAnomaly, 'text' | 'regex' | 'tokens' | 'description' | 'histogram' | 'samples'>;

export interface FoundToken {
  readonly dynamicTokenPosition: number;
  readonly isDynamic: boolean;
  readonly tokenString: string;
  readonly enumerations?: Readonly<Record<string, number>> | undefined;
  readonly inferredTokenName?: string | undefined;
}

export const foundAnomalies = table<FoundAnomaly>('logs_anomaly', {
  key: ({ detector, about }) => [detector, about],
  indexes: {
    id: ({ detector, id }) => [[detector, id]],
    pattern: ({ detector, pattern, id }) => [[detector, pattern, id]],
    account: ({ account, region, id }) => [[account, region, id]],
  },
});

/** So many anomalies of one pattern are looked at. */
export const OF_PATTERN_MAX = 1_000;

export const isSuppressed = ({ suppression }: FoundAnomaly, now: number): boolean =>
  suppression !== undefined && (suppression.until === 0 || suppression.until > now);
