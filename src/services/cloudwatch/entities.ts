/**
 * Entities that metrics may be sent with.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/adding-your-own-related-telemetry.html
 */
import type { Entity } from '@aws-sdk/client-cloudwatch';
import { invalidValue } from './words.ts';

const KEYS = new Set(['Type', 'ResourceType', 'Identifier', 'Name', 'Environment']);

/** What each type of entity needs besides its type. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  Service: ['Name', 'Environment'],
  RemoteService: ['Name'],
  'AWS::Resource': ['ResourceType', 'Identifier'],
  Resource: ['ResourceType', 'Identifier'],
};

/** @throws InvalidParameterValueException for an entity that CloudWatch could not tell. */
export function requireEntity(entity: Entity | undefined, member: string): void {
  const attributes = entity?.KeyAttributes ?? {};
  const { Type: type = '' } = attributes;
  if (type === '') invalidValue(`${member}: MissingRequiredFields`);
  if (!Object.hasOwn(REQUIRED, type)) invalidValue(`${member}: InvalidTypeValue`);
  if (Object.keys(attributes).some((name) => !KEYS.has(name))) invalidValue(`${member}: InvalidKeyAttributes`);
  if (REQUIRED[type]!.some((name) => !attributes[name])) invalidValue(`${member}: MissingRequiredFields`);
}
