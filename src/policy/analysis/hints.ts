// Values that make an example read like real life. They are tried first and prove nothing: any other would do.

const actions: readonly string[] = [
  's3:GetObject',
  's3:PutObject',
  's3:ListBucket',
  'sts:AssumeRole',
  'kms:Decrypt',
  'sqs:SendMessage',
  'sns:Publish',
  'lambda:InvokeFunction',
  'secretsmanager:GetSecretValue',
  'dynamodb:GetItem',
  'ec2:RunInstances',
  'ec2:DescribeInstances',
  'iam:CreateUser',
  'iam:PassRole',
];

export const actionHints: readonly string[] = actions.map((action) => action.toLowerCase());

/** An action as AWS spells it, where it is a hint. */
export function spelledHint(action: string): string | undefined {
  return actions[actionHints.indexOf(action)];
}

export const principalHints: readonly string[] = [
  'aws:arn:aws:iam::210987654321:user/mallory',
  'aws:arn:aws:iam::210987654321:role/App#session',
  'aws:arn:aws:iam::111122223333:user/alice',
  'aws:arn:aws:iam::111122223333:role/App#session',
  'anonymous',
  'service:cloudtrail.amazonaws.com',
];

const resources: Readonly<Record<string, readonly string[]>> = {
  s3: ['arn:aws:s3:::example-bucket/example-key', 'arn:aws:s3:::example-bucket'],
  sts: ['arn:aws:iam::111122223333:role/Example'],
  iam: ['arn:aws:iam::111122223333:user/example', 'arn:aws:iam::111122223333:role/Example'],
  kms: ['arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'],
  sqs: ['arn:aws:sqs:us-east-1:111122223333:example'],
  sns: ['arn:aws:sns:us-east-1:111122223333:example'],
  lambda: ['arn:aws:lambda:us-east-1:111122223333:function:example'],
  dynamodb: ['arn:aws:dynamodb:us-east-1:111122223333:table/Example'],
  secretsmanager: ['arn:aws:secretsmanager:us-east-1:111122223333:secret:example-AbCdEf'],
  ec2: ['arn:aws:ec2:us-east-1:111122223333:instance/i-1234567890abcdef0'],
};

export function resourceHints(action: string): readonly string[] {
  const service = action.slice(0, action.indexOf(':'));
  const own = Object.hasOwn(resources, service) ? (resources[service] ?? []) : [];
  return [...own, `arn:aws:${service}:us-east-1:111122223333:example`];
}

const keys: Readonly<Record<string, string>> = {
  'aws:principalorgid': 'o-a1b2c3d4e5',
  'aws:principalaccount': '210987654321',
  'aws:principalarn': 'arn:aws:iam::111122223333:user/alice',
  'aws:requestedregion': 'us-east-1',
  'aws:sourceaccount': '210987654321',
  'aws:sourcearn': 'arn:aws:s3:::example-bucket',
  'aws:sourcevpc': 'vpc-0123456789abcdef0',
  'aws:sourcevpce': 'vpce-0123456789abcdef0',
  'aws:username': 'alice',
};

export function keyHints(key: string): readonly string[] {
  const own = Object.hasOwn(keys, key) ? keys[key] : undefined;
  return own === undefined ? ['example'] : [own, 'example'];
}
