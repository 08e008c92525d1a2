/** What of a message a data protection policy lets through. */
import { type DataIdentifier, findingsOf, replaced } from '../../patterns/dataIdentifiers.ts';
import { TooCostly } from '../../patterns/regex/index.ts';
import { type Statement, statementsFor } from './dataProtectionPolicy.ts';
import type { Subscription, Topic } from './topicRows.ts';

/** The text as a subscriber may get it; undefined where it may not. */
export function outgoing(topic: Topic, row: Subscription, text: string): string | undefined {
  const statements = statementsFor(topic, 'Outbound').filter((statement) => isOf(statement, [row.principal]));
  return statements.length === 0 ? text : deidentified(text, statements);
}

export const isOf = ({ principals }: Statement, asked: readonly string[]) =>
  principals.some((each) => each === '*' || asked.includes(each));

/** Undefined where a statement denies it. A text that takes too long to look through passes nowhere. */
export function deidentified(text: string, statements: readonly Statement[]): string | undefined {
  try {
    let shown = text;
    for (const { deidentify, identifiers } of statements) {
      if (!deidentify) continue;
      for (const identifier of identifiers) shown = replaced(shown, findingsOf(identifier, shown), deidentify);
    }
    const denied = statements.some(
      ({ deny, identifiers }) => deny && identifiers.some((each) => findingsOf(each, shown).length > 0),
    );
    return denied ? undefined : shown;
  } catch (error) {
    if (error instanceof TooCostly) return undefined;
    throw error;
  }
}

/** For audits: none where it would take too long to look. */
export function placesOf(identifier: DataIdentifier, text: string) {
  try {
    return findingsOf(identifier, text);
  } catch (error) {
    if (error instanceof TooCostly) return [];
    throw error;
  }
}
