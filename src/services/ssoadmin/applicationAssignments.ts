/** Who is assigned to which application. */
import type {
  CreateApplicationAssignmentRequest,
  DeleteApplicationAssignmentRequest,
  DescribeApplicationAssignmentRequest,
  DescribeApplicationAssignmentResponse,
  GetApplicationAssignmentConfigurationRequest,
  GetApplicationAssignmentConfigurationResponse,
  ListApplicationAssignmentsForPrincipalRequest,
  ListApplicationAssignmentsForPrincipalResponse,
  ListApplicationAssignmentsRequest,
  ListApplicationAssignmentsResponse,
  PutApplicationAssignmentConfigurationRequest,
} from '@aws-sdk/client-sso-admin';
import type { Context } from '../../core/context.ts';
import type { Operation, Present } from '../../core/operation.ts';
import {
  type Application,
  type ApplicationAssignment,
  applicationArn,
  applicationAssignments,
  applications,
} from '../../identity/applications.ts';
import { directoryGroups, directoryUsers, groupsOf } from '../../identity/directory.ts';
import type { Instance } from '../../identity/instances.ts';
import { everyRow } from '../../store/everyRow.ts';
import { onInstance } from './access.ts';
import { changeApplication, type FoundApplication, onApplication } from './applicationAccess.ts';
import { failConflict, notFound } from './errors.ts';
import { itemsPage, rowsPage } from './pages.ts';

type OnApplication<In, Out> = Operation<In, Out, FoundApplication>;
type Asked = Present<CreateApplicationAssignmentRequest>;

const keyOf = ({ instance, id }: Application, { PrincipalType, PrincipalId }: Asked) => [
  instance,
  id,
  PrincipalType,
  PrincipalId,
];

const notAssigned = ({ PrincipalType, PrincipalId, ApplicationArn }: Asked) =>
  notFound(`${PrincipalType} ${PrincipalId} is not assigned to ${ApplicationArn}.`);

export const CreateApplicationAssignment: OnApplication<Asked, object> = {
  ...onApplication,
  async run(input, ctx, { application, instance }) {
    const { PrincipalType: principalType, PrincipalId: principal } = input;
    const rows = principalType === 'USER' ? directoryUsers : directoryGroups;
    if (!(await ctx.store.get(rows as typeof directoryUsers, [instance.identityStore, principal]))) {
      throw notFound(`${principalType} with id ${principal} not found.`);
    }
    const row = { instance: instance.id, application: application.id, principalType, principal };
    if (!(await ctx.store.insert(applicationAssignments, row))) {
      failConflict(`${principalType} ${principal} is assigned to the application already.`);
    }
    return {};
  },
};

export const DeleteApplicationAssignment: OnApplication<Present<DeleteApplicationAssignmentRequest>, object> = {
  ...onApplication,
  async run(input, ctx, { application }) {
    if (!(await ctx.store.remove(applicationAssignments, keyOf(application, input)))) throw notAssigned(input);
    return {};
  },
};

export const DescribeApplicationAssignment: OnApplication<
  Present<DescribeApplicationAssignmentRequest>,
  DescribeApplicationAssignmentResponse
> = {
  ...onApplication,
  async run(input, ctx, { application }) {
    const row = await ctx.store.get(applicationAssignments, keyOf(application, input));
    if (!row) throw notAssigned(input);
    return { ...view(row), ApplicationArn: input.ApplicationArn };
  },
};

const view = ({ principalType, principal }: ApplicationAssignment) => ({
  PrincipalType: principalType,
  PrincipalId: principal,
});

export const ListApplicationAssignments: OnApplication<
  Present<ListApplicationAssignmentsRequest>,
  ListApplicationAssignmentsResponse
> = {
  ...onApplication,
  async run(input, ctx, { application }) {
    const { ApplicationArn } = input;
    const { rows, page } = await rowsPage(ctx, applicationAssignments, [application.instance, application.id], input);
    return { ApplicationAssignments: rows.map((row) => ({ ApplicationArn, ...view(row) })), ...page };
  },
};

/** A user's own and those of the user's groups; a group's own. */
export const ListApplicationAssignmentsForPrincipal: Operation<
  Present<ListApplicationAssignmentsForPrincipalRequest>,
  ListApplicationAssignmentsForPrincipalResponse,
  Instance
> = {
  ...onInstance,
  async run(input, ctx, instance) {
    const { PrincipalType, PrincipalId, Filter } = input;
    const found = await assignmentsTo(ctx, instance, PrincipalType, PrincipalId);
    if (PrincipalType === 'USER') {
      for (const group of await groupsOf(ctx.store, instance.identityStore, PrincipalId)) {
        found.push(...(await assignmentsTo(ctx, instance, 'GROUP', group)));
      }
    }
    const wanted = found.filter(
      (row) => Filter?.ApplicationArn === undefined || row.ApplicationArn === Filter.ApplicationArn,
    );
    const { items: rows, page } = itemsPage(wanted, input);
    return { ApplicationAssignments: [...rows], ...page };
  },
};

async function assignmentsTo(ctx: Context, instance: Instance, type: 'USER' | 'GROUP', principal: string) {
  const found = [];
  for await (const row of everyRow(ctx.store, applicationAssignments, [instance.id, type, principal], 'principal')) {
    const application = await ctx.store.get(applications, [instance.id, row.application]);
    if (application) found.push({ ApplicationArn: applicationArn(application), ...view(row) });
  }
  return found;
}

export const GetApplicationAssignmentConfiguration: OnApplication<
  Present<GetApplicationAssignmentConfigurationRequest>,
  GetApplicationAssignmentConfigurationResponse
> = {
  ...onApplication,
  run: async (_input, _ctx, { application }) => ({ AssignmentRequired: application.assignmentRequired }),
};

export const PutApplicationAssignmentConfiguration: OnApplication<
  Present<PutApplicationAssignmentConfigurationRequest>,
  object
> = {
  ...onApplication,
  async run({ AssignmentRequired }, ctx, { application }) {
    await changeApplication(ctx, application, { assignmentRequired: AssignmentRequired });
    return {};
  },
};
