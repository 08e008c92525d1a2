/** The exported file of a storage class analysis: a line for each day, storage class and age group. */

/** Of a class, or of an age group in it, on a day. Bytes. */
interface Sums {
  readonly storage: number;
  /** GET and PUT. */
  readonly requests: number;
  readonly uploaded: number;
  readonly retrieved: number;
}

export interface AnalysisSums extends Sums {
  readonly objects: number;
  readonly groups: readonly Sums[];
}

export interface AnalysisDay {
  readonly bucket: string;
  readonly id: string;
  /** Days since 1970. */
  readonly day: number;
  /** By storage class. */
  readonly classes: Readonly<Record<string, AnalysisSums>>;
}

/** Smaller objects are in no age group: they would never be moved. */
export const MIGHT_BE_RARE_BYTES = 128 * 1024;

/** The day that each begins with. */
const AGES = [0, 15, 30, 45, 60, 75, 90, 120, 150, 180, 365, 730];
const DAY_MS = 86_400_000;
const MB = 1024 * 1024;

export const groupOf = (ageMs: number): number =>
  Math.max(
    0,
    AGES.findLastIndex((days) => ageMs >= days * DAY_MS),
  );

const labelOf = (group: number) =>
  group === AGES.length - 1 ? `${AGES[group]} days+` : `${AGES[group]}-${AGES[group + 1]! - 1} days`;

const COLUMNS = [
  'Date',
  'ConfigId',
  'Filter',
  'StorageClass',
  'ObjectAge',
  'ObjectCount',
  'DataUploaded_MB',
  'Storage_MB',
  'DataRetrieved_MB',
  'GetRequestCount',
  'CumulativeAccessRatio',
  'ObjectAgeForSIATransition',
  'RecommendedObjectAgeForSIATransition',
];

const NOTHING: Sums = { storage: 0, requests: 0, uploaded: 0, retrieved: 0 };

/** `days`: in their order. Lines are in the order of age groups, then of days; those of all ages are the last. */
export function exportedFile(days: readonly AnalysisDay[]): string {
  const classes = [...new Set(days.flatMap((day) => Object.keys(day.classes)))].sort();
  const lines: (readonly (string | number)[])[] = [COLUMNS];
  for (let group = 0; group < AGES.length; group++) {
    for (const storageClass of classes) {
      const ratios = ratiosOf(days, storageClass, group);
      for (const [at, day] of days.entries()) {
        const sums = day.classes[storageClass]?.groups[group];
        if (!sums) continue;
        lines.push([...named(day, storageClass), labelOf(group), '', '', ...numbers(sums), ratios[at]!, '', '']);
      }
    }
  }
  for (const storageClass of classes) {
    const ratios = ratiosOf(days, storageClass, 0);
    for (const [at, day] of days.entries()) {
      const sums = day.classes[storageClass];
      if (!sums) continue;
      const before = days.slice(0, at + 1);
      const ages = storageClass === 'STANDARD' ? transitionAges(before) : ['', ''];
      const [count, uploaded] = [sums.objects, megabytes(sums.uploaded)];
      lines.push([...named(day, storageClass), 'ALL', count, uploaded, ...numbers(sums), ratios[at]!, ...ages]);
    }
  }
  return `${lines.map((line) => line.join(',')).join('\n')}\n`;
}

/** The date, `MM-DD-YYYY`, the configuration, no filter, the class. */
function named({ day, id }: AnalysisDay, storageClass: string): readonly string[] {
  const [year, month, date] = new Date(day * DAY_MS).toISOString().slice(0, 10).split('-');
  return [`${month}-${date}-${year}`, id, '', storageClass];
}

const megabytes = (bytes: number) => String(Math.round((bytes / MB) * 10_000) / 10_000);

const numbers = ({ storage, retrieved, requests }: Sums) => [megabytes(storage), megabytes(retrieved), requests];

/** Of each day, what was read since the analysis began of that age and older, by what there was of it on average. */
function ratiosOf(days: readonly AnalysisDay[], storageClass: string, from: number): readonly string[] {
  let [retrieved, storage] = [0, 0];
  return days.map(({ classes }, at) => {
    for (const sums of classes[storageClass]?.groups.slice(from) ?? []) {
      retrieved += sums.retrieved;
      storage += sums.storage;
    }
    return storage === 0 ? '0' : String(Math.round((retrieved / (storage / (at + 1))) * 10_000) / 10_000);
  });
}

const OBSERVED_DAYS_MIN = 30;
const STABLE_DAYS = 7;
/** S3 moves nothing to STANDARD_IA that is younger. */
const TRANSITION_DAYS_MIN = 30;

/** The age from which on objects are read rarely, and the same once it has been so for a week. */
function transitionAges(days: readonly AnalysisDay[]): readonly (string | number)[] {
  const observed = rareFrom(days);
  if (observed === undefined) return ['', ''];
  const stable = Array.from({ length: STABLE_DAYS - 1 }, (_, i) => rareFrom(days.slice(0, days.length - 1 - i)));
  return [observed, stable.every((age) => age === observed) ? observed : ''];
}

/** Undefined before there is enough to judge by, or where no age is. */
function rareFrom(days: readonly AnalysisDay[]): number | undefined {
  if (days.length < OBSERVED_DAYS_MIN) return undefined;
  const month = days.slice(-OBSERVED_DAYS_MIN);
  const of = (group: number, what: 'storage' | 'retrieved') =>
    month.reduce((sum, { classes }) => sum + (classes.STANDARD?.groups[group] ?? NOTHING)[what], 0);
  let [found, some] = [undefined as number | undefined, false];
  for (let group = AGES.length - 1; group >= 0; group--) {
    const storage = of(group, 'storage') / month.length;
    if (storage > 0) some = true;
    if (of(group, 'retrieved') >= storage && storage > 0) break;
    if (some) found = Math.max(TRANSITION_DAYS_MIN, AGES[group]!);
  }
  return found;
}
