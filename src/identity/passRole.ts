import type { Access } from '../core/operation.ts';

/**
 * What a caller needs who hands a role to a service. `service` is its principal (`lambda.amazonaws.com`);
 * `resource`, where the service says so, the ARN of what will use the role.
 */
export function passRole(roleArn: string, service: string, resource?: string): Access {
  return {
    action: 'iam:PassRole',
    resource: roleArn,
    conditions: { 'iam:PassedToService': service, 'iam:AssociatedResourceArn': resource },
  };
}
