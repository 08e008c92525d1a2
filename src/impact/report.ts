/** What the replay found, for people and for programs. */
import { type Changed, type Group, type Result, textOfDecision } from './summary.ts';

export const TITLES: Readonly<Record<Changed, string>> = {
  newlyDenied: 'Newly denied',
  newlyAllowed: 'Newly allowed',
  unknown: 'Unknown',
};

/** The text for a terminal; `top` groups of each outcome. */
export function textReport(result: Result, top: number): string[] {
  const { counts } = result;
  const lines = [
    `${number(result.calls)} calls replayed: ${number(counts.newlyDenied)} newly denied, ` +
      `${number(counts.newlyAllowed)} newly allowed, ${number(counts.unknown)} unknown, ${number(counts.same)} unchanged`,
  ];
  for (const outcome of Object.keys(TITLES) as Changed[]) lines.push(...section(result, outcome, top));
  return [...lines, '', ...notes(result)];
}

function section({ groups, counts }: Result, outcome: Changed, top: number): string[] {
  const own = groups.filter((group) => group.outcome === outcome);
  if (own.length === 0) return [];
  const shown = own.slice(0, top);
  const principals = new Set(own.map(({ principal }) => principal)).size;
  const width = Math.max(...shown.map(({ action }) => action.length));
  const lines = shown.flatMap((group) => groupLines(group, width));
  const more = own.length - shown.length;
  return [
    '',
    `${TITLES[outcome]}: ${plural(counts[outcome], 'call')} by ${plural(principals, 'principal')}`,
    `  ${'calls'.padStart(9)}  ${'action'.padEnd(width)}  ${'first'.padEnd(20)}  ${'last'.padEnd(20)}  principal`,
    ...lines,
    ...(more > 0 ? [`  … and ${plural(more, 'more group')}; --top shows more of them, --json all`] : []),
  ];
}

function groupLines({ count, action, first, last, principal, by, gaps, example }: Group, width: number): string[] {
  const indent = ' '.repeat(13);
  const row = `  ${number(count).padStart(9)}  ${action.padEnd(width)}  ${first.padEnd(20)}  ${last.padEnd(20)}  ${principal}`;
  const reasons = [...by.keys()].sort();
  const lines = gaps.size > 0 ? [row, `${indent}not known: ${[...gaps].sort().join(', ')}`] : [row];
  if (reasons.length > 0) lines.push(`${indent}${reasons.join('; ')}`);
  const about = example.resource === undefined ? '' : ` on ${example.resource}`;
  return [...lines, `${indent}e.g. ${example.eventID}${about}, record ${example.record} of ${example.file}`];
}

function notes(result: Result): string[] {
  const { skipped, copies, unlisted, pathsAssumed, faults, faultCount, groupsLeftOut } = result;
  const lines = [`${plural(result.records, 'record')} in ${plural(result.files, 'file')}`, ...result.assumptions];
  if (result.deniedBefore > 0) lines.push(`${plural(result.deniedBefore, 'call')} had been denied already`);
  for (const [reason, count] of skipped) lines.push(`${number(count)} skipped: ${reason}`);
  if (copies > 0) lines.push(`${number(copies)} skipped: copies of calls for the account that owns the resource`);
  if (unlisted.length > 0) {
    const names = unlisted.slice(0, 5).map(([action]) => action);
    const calls = unlisted.reduce((total, [, count]) => total + count, 0);
    lines.push(
      `${plural(calls, 'call')} taken by the event's name, which AWS's reference does not list: ${names.join(', ')}${unlisted.length > 5 ? ', …' : ''}`,
    );
  }
  if (pathsAssumed > 0) {
    lines.push(
      `${plural(pathsAssumed, 'call')} on users or roles whose path the record does not tell: taken to be / (--account tells)`,
    );
  }
  if (groupsLeftOut > 0) lines.push(`${plural(groupsLeftOut, 'call')} in groups beyond the first 100,000 counted only`);
  if (faultCount > 0)
    lines.push(`${plural(faultCount, 'fault')} in the trail:`, ...faults.slice(0, FAULTS_SHOWN).map(faultText));
  if (faultCount > FAULTS_SHOWN) lines.push(`  … and ${number(faultCount - FAULTS_SHOWN)} more`);
  return lines;
}

const FAULTS_SHOWN = 20;

const faultText = ({ file, offset, message }: Result['faults'][number]) =>
  `  ${file}${offset === undefined ? '' : ` at byte ${offset}`}: ${message}`;

const number = (value: number) => value.toLocaleString('en-US');
const plural = (count: number, noun: string) => `${number(count)} ${noun}${count === 1 ? '' : 's'}`;

/** Everything, as one JSON object. */
export function jsonReport(result: Result): object {
  const { groups, skipped, unlisted, copies, ...rest } = result;
  return {
    ...rest,
    skipped: { ...Object.fromEntries(skipped), ...(copies > 0 && { 'copies for the owner of the resource': copies }) },
    unlistedActions: Object.fromEntries(unlisted),
    groups: groups.map(({ by, gaps, ...group }) => ({
      ...group,
      by: [...by.keys()].sort().map((text) => ({ text, ...by.get(text) })),
      unknown: [...gaps].sort(),
    })),
  };
}

export const messageOf = ({ count, principal, action, by, gaps, outcome, first, last }: Group): string => {
  const reasons = [...by.values()].map(textOfDecision).sort();
  const missing = gaps.size > 0 ? `; not known: ${[...gaps].sort().join(', ')}` : '';
  const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : '';
  return `${TITLES[outcome]}: ${plural(count, 'call')} of ${action} by ${principal}, ${first} to ${last}${why}${missing}`;
};
