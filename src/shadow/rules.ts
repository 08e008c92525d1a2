/**
 * Known ways to more privilege, as a table: what the caller needs, and what it is then. A rule is a fact about AWS, not
 * about an account; whether somebody meets it is for the policy engine to say.
 *
 * `makes`:
 *   administrator  the caller gives itself full access
 *   user, role     the caller acts as the target
 *   elevated       the caller gives the target full access and acts as it
 * `on`: the caller itself, the target, a policy or group of the caller or the target, the target as the role that is
 * handed to the service, or anything the action works on.
 */
export interface Rule {
  readonly name: string;
  readonly needs: readonly Need[];
  readonly makes: 'administrator' | 'user' | 'role' | 'elevated';
  /** Callers of this kind only. */
  readonly caller?: 'user' | 'role';
  /** Targets of this kind, where it does not follow from `makes`. */
  readonly target?: 'user' | 'role';
  /** Service that the target role must trust. */
  readonly service?: string;
  /** The role must be in an instance profile. */
  readonly profiled?: true;
  /** What must be there besides, of which a dump says nothing. */
  readonly supposes?: string;
}

export interface Need {
  readonly action: string;
  readonly on:
    | 'self'
    | 'target'
    | 'ownPolicy'
    | 'ownPolicyVersion'
    | 'targetPolicy'
    | 'ownGroup'
    | 'anyGroup'
    | 'pass'
    | 'any';
  /** The trust policy as the caller has just rewritten it. */
  readonly rewritten?: true;
}

type On = Need['on'];
const need = (on: On, ...actions: string[]): Need[] => actions.map((action) => ({ action, on }));
const iam = (on: On, ...names: string[]) => need(on, ...names.map((name) => `iam:${name}`));
const assume: Need = { action: 'sts:AssumeRole', on: 'target' };

/** What is asked of `iam:PassRole` and of the service that is handed the role. */
const passed = (service: string, name: string, ...actions: string[]): Rule => ({
  ...{ name, makes: 'role', service: `${service}.amazonaws.com` },
  needs: [...iam('pass', 'PassRole'), ...need('any', ...actions)],
});

/** Something that already runs as the role. */
const running = (service: string, name: string, supposes: string, ...actions: string[]): Rule => ({
  ...{ name, makes: 'role', service: `${service}.amazonaws.com`, supposes },
  needs: need('any', ...actions),
});

const self = (caller: 'user' | 'role', action: string, on: On = 'self'): Rule => ({
  ...{ name: `${action} on itself`, makes: 'administrator', caller, needs: iam(on, action) },
});

const instance = 'an instance that runs as it';

export const rules: readonly Rule[] = [
  self('user', 'PutUserPolicy'),
  self('user', 'AttachUserPolicy'),
  self('role', 'PutRolePolicy'),
  self('role', 'AttachRolePolicy'),
  self('user', 'DeleteUserPermissionsBoundary'),
  self('user', 'PutUserPermissionsBoundary'),
  self('role', 'DeleteRolePermissionsBoundary'),
  self('role', 'PutRolePermissionsBoundary'),
  {
    name: 'PutGroupPolicy on its group',
    makes: 'administrator',
    caller: 'user',
    needs: iam('ownGroup', 'PutGroupPolicy'),
  },
  {
    name: 'AttachGroupPolicy on its group',
    makes: 'administrator',
    caller: 'user',
    needs: iam('ownGroup', 'AttachGroupPolicy'),
  },
  {
    name: 'AddUserToGroup of administrators',
    makes: 'administrator',
    caller: 'user',
    needs: iam('anyGroup', 'AddUserToGroup'),
  },
  { name: 'CreatePolicyVersion of its policy', makes: 'administrator', needs: iam('ownPolicy', 'CreatePolicyVersion') },
  {
    ...{ name: 'SetDefaultPolicyVersion of its policy', makes: 'administrator' },
    needs: iam('ownPolicyVersion', 'SetDefaultPolicyVersion'),
  },

  { name: 'CreateAccessKey', makes: 'user', needs: iam('target', 'CreateAccessKey') },
  {
    name: 'CreateLoginProfile',
    makes: 'user',
    needs: iam('target', 'CreateLoginProfile'),
    supposes: 'a user without password',
  },
  {
    name: 'UpdateLoginProfile',
    makes: 'user',
    needs: iam('target', 'UpdateLoginProfile'),
    supposes: 'a user with a password',
  },
  { name: 'AssumeRole', makes: 'role', needs: [assume] },
  {
    ...{ name: 'UpdateAssumeRolePolicy, then AssumeRole', makes: 'role' },
    needs: [...iam('target', 'UpdateAssumeRolePolicy'), { ...assume, rewritten: true }],
  },
  {
    ...{ name: 'PutRolePolicy, then AssumeRole', makes: 'elevated', target: 'role' },
    needs: [...iam('target', 'PutRolePolicy'), assume],
  },
  {
    ...{ name: 'AttachRolePolicy, then AssumeRole', makes: 'elevated', target: 'role' },
    needs: [...iam('target', 'AttachRolePolicy'), assume],
  },
  {
    ...{ name: 'CreatePolicyVersion, then AssumeRole', makes: 'elevated', target: 'role' },
    needs: [...iam('targetPolicy', 'CreatePolicyVersion'), assume],
  },
  {
    ...{ name: 'PutUserPolicy, then CreateAccessKey', makes: 'elevated', target: 'user' },
    needs: iam('target', 'PutUserPolicy', 'CreateAccessKey'),
  },
  {
    ...{ name: 'AttachUserPolicy, then CreateAccessKey', makes: 'elevated', target: 'user' },
    needs: iam('target', 'AttachUserPolicy', 'CreateAccessKey'),
  },

  { ...passed('ec2', 'PassRole to a new instance', 'ec2:RunInstances'), profiled: true },
  {
    ...passed('ec2', 'PassRole to an instance', 'ec2:AssociateIamInstanceProfile'),
    ...{ profiled: true, supposes: 'an instance that the caller can log in to' },
  },
  passed('lambda', 'PassRole to a new function', 'lambda:CreateFunction', 'lambda:InvokeFunction'),
  passed('lambda', 'PassRole to a new function others call', 'lambda:CreateFunction', 'lambda:AddPermission'),
  passed(
    'lambda',
    'PassRole to a new function with a source',
    'lambda:CreateFunction',
    'lambda:CreateEventSourceMapping',
  ),
  passed('cloudformation', 'PassRole to a new stack', 'cloudformation:CreateStack'),
  passed('cloudformation', 'PassRole to a stack', 'cloudformation:UpdateStack'),
  passed(
    'cloudformation',
    'PassRole to a change set',
    'cloudformation:CreateChangeSet',
    'cloudformation:ExecuteChangeSet',
  ),
  passed(
    'cloudformation',
    'PassRole to a stack set',
    'cloudformation:CreateStackSet',
    'cloudformation:CreateStackInstances',
  ),
  passed('glue', 'PassRole to a development endpoint', 'glue:CreateDevEndpoint'),
  passed('glue', 'PassRole to a new Glue job', 'glue:CreateJob', 'glue:StartJobRun'),
  passed('glue', 'PassRole to a new Glue job with a trigger', 'glue:CreateJob', 'glue:CreateTrigger'),
  passed('glue', 'PassRole to a Glue job', 'glue:UpdateJob', 'glue:StartJobRun'),
  passed('glue', 'PassRole to a Glue session', 'glue:CreateSession', 'glue:RunStatement'),
  passed(
    ...(['sagemaker', 'PassRole to a notebook'] as const),
    ...['sagemaker:CreateNotebookInstance', 'sagemaker:CreatePresignedNotebookInstanceUrl'],
  ),
  passed('sagemaker', 'PassRole to a training job', 'sagemaker:CreateTrainingJob'),
  passed('sagemaker', 'PassRole to a processing job', 'sagemaker:CreateProcessingJob'),
  passed('ecs-tasks', 'PassRole to a new task', 'ecs:RegisterTaskDefinition', 'ecs:RunTask'),
  passed('ecs-tasks', 'PassRole to a new service', 'ecs:RegisterTaskDefinition', 'ecs:CreateService'),
  passed('ecs-tasks', 'PassRole to a batch job', 'batch:RegisterJobDefinition', 'batch:SubmitJob'),
  passed('codebuild', 'PassRole to a new build project', 'codebuild:CreateProject', 'codebuild:StartBuild'),
  passed('codebuild', 'PassRole to a build project', 'codebuild:UpdateProject', 'codebuild:StartBuild'),
  passed('codepipeline', 'PassRole to a new pipeline', 'codepipeline:CreatePipeline'),
  passed(
    ...(['datapipeline', 'PassRole to a data pipeline'] as const),
    ...['datapipeline:CreatePipeline', 'datapipeline:PutPipelineDefinition', 'datapipeline:ActivatePipeline'],
  ),
  passed('ssm', 'PassRole to an automation', 'ssm:StartAutomationExecution'),
  passed('states', 'PassRole to a new state machine', 'states:CreateStateMachine', 'states:StartExecution'),
  passed('scheduler', 'PassRole to a schedule', 'scheduler:CreateSchedule'),
  passed('tasks.apprunner', 'PassRole to an App Runner service', 'apprunner:CreateService'),
  passed('emr-serverless', 'PassRole to a Spark job', 'emr-serverless:CreateApplication', 'emr-serverless:StartJobRun'),
  passed(
    ...(['bedrock-agentcore', 'PassRole to a code interpreter', 'bedrock-agentcore:CreateCodeInterpreter'] as const),
    ...['bedrock-agentcore:StartCodeInterpreterSession', 'bedrock-agentcore:InvokeCodeInterpreter'],
  ),

  running('lambda', 'UpdateFunctionCode', 'a function that runs as it', 'lambda:UpdateFunctionCode'),
  running('lambda', 'UpdateFunctionConfiguration', 'a function that runs as it', 'lambda:UpdateFunctionConfiguration'),
  { ...running('ec2', 'SendCommand', `${instance}, under Systems Manager`, 'ssm:SendCommand'), profiled: true },
  { ...running('ec2', 'StartSession', `${instance}, under Systems Manager`, 'ssm:StartSession'), profiled: true },
  {
    ...running('ec2', 'SendSSHPublicKey', `${instance}, within reach`, 'ec2-instance-connect:SendSSHPublicKey'),
    profiled: true,
  },
  {
    ...running(
      'ec2',
      'ModifyInstanceAttribute',
      instance,
      'ec2:ModifyInstanceAttribute',
      'ec2:StopInstances',
      'ec2:StartInstances',
    ),
    profiled: true,
  },
  running('glue', 'UpdateDevEndpoint', 'a development endpoint that runs as it', 'glue:UpdateDevEndpoint'),
  running(
    ...(['sagemaker', 'CreatePresignedNotebookInstanceUrl', 'a notebook that runs as it'] as const),
    'sagemaker:CreatePresignedNotebookInstanceUrl',
  ),
  running('cloudformation', 'UpdateStack', 'a stack with it as service role', 'cloudformation:UpdateStack'),
  running('codebuild', 'StartBuild', 'a build project that runs as it', 'codebuild:StartBuild'),
  running('ecs-tasks', 'ExecuteCommand', 'a task that runs as it', 'ecs:ExecuteCommand'),
  running(
    'states',
    'UpdateStateMachine',
    'a state machine that runs as it',
    'states:UpdateStateMachine',
    'states:StartExecution',
  ),
];
