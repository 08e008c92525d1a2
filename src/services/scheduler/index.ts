import * as sdk from '@aws-sdk/client-scheduler';
import { defineService, type Limits } from '../../core/operation.ts';
import {
  CreateScheduleGroup,
  DeleteScheduleGroup,
  GetScheduleGroup,
  ListScheduleGroups,
  ListTagsForResource,
  TagResource,
  UntagResource,
} from './groups.ts';
import limits from './limits.json' with { type: 'json' };
import { CreateSchedule, DeleteSchedule, GetSchedule, ListSchedules, UpdateSchedule } from './schedules.ts';

export const scheduler = defineService({
  name: 'scheduler',
  eventSource: 'scheduler.amazonaws.com',
  sdk,
  wire: { protocols: ['restJson'], version: '2021-06-30' },
  limits: limits as unknown as Limits,
  operations: {
    CreateSchedule,
    CreateScheduleGroup,
    DeleteSchedule,
    DeleteScheduleGroup,
    GetSchedule,
    GetScheduleGroup,
    ListScheduleGroups,
    ListSchedules,
    ListTagsForResource,
    TagResource,
    UntagResource,
    UpdateSchedule,
  },
});
