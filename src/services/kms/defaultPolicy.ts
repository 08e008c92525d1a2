/** The key policy of a key that was made without one, as AWS writes it. */
const made = new Map<string, string>();
const MOST = 10_000;

export function defaultPolicy(account: string): string {
  const known = made.get(account);
  if (known !== undefined) return known;
  if (made.size >= MOST) made.clear();
  const text = `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::${account}:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`;
  made.set(account, text);
  return text;
}
