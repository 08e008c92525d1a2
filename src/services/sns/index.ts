import * as sdk from '@aws-sdk/client-sns';
import { defineService, type Limits } from '../../core/operation.ts';
import { GetDataProtectionPolicy, PutDataProtectionPolicy } from './dataProtection.ts';
import limits from './limits.json' with { type: 'json' };
import { AddPermission, RemovePermission } from './policies.ts';
import { Publish, PublishBatch } from './publishing.ts';
import {
  CheckIfPhoneNumberIsOptedOut,
  GetSMSAttributes,
  ListPhoneNumbersOptedOut,
  OptInPhoneNumber,
  SetSMSAttributes,
} from './sms.ts';
import {
  CreateSMSSandboxPhoneNumber,
  DeleteSMSSandboxPhoneNumber,
  GetSMSSandboxAccountStatus,
  ListOriginationNumbers,
  ListSMSSandboxPhoneNumbers,
  VerifySMSSandboxPhoneNumber,
} from './smsSandbox.ts';
import {
  ConfirmSubscription,
  GetSubscriptionAttributes,
  ListSubscriptions,
  ListSubscriptionsByTopic,
  SetSubscriptionAttributes,
  Subscribe,
  Unsubscribe,
} from './subscriptions.ts';
import { ListTagsForResource, TagResource, UntagResource } from './tags.ts';
import { CreateTopic, DeleteTopic, GetTopicAttributes, ListTopics, SetTopicAttributes } from './topics.ts';

export const sns = defineService({
  name: 'sns',
  eventSource: 'sns.amazonaws.com',
  sdk,
  wire: {
    protocols: ['awsQuery'],
    version: '2010-03-31',
    xmlNamespace: 'http://sns.amazonaws.com/doc/2010-03-31/',
  },
  limits: limits as unknown as Limits,
  operations: {
    AddPermission,
    CheckIfPhoneNumberIsOptedOut,
    ConfirmSubscription,
    CreateSMSSandboxPhoneNumber,
    CreateTopic,
    DeleteSMSSandboxPhoneNumber,
    DeleteTopic,
    GetDataProtectionPolicy,
    GetSMSAttributes,
    GetSMSSandboxAccountStatus,
    GetSubscriptionAttributes,
    GetTopicAttributes,
    ListOriginationNumbers,
    ListPhoneNumbersOptedOut,
    ListSMSSandboxPhoneNumbers,
    ListSubscriptions,
    ListSubscriptionsByTopic,
    ListTagsForResource,
    ListTopics,
    OptInPhoneNumber,
    Publish,
    PublishBatch,
    PutDataProtectionPolicy,
    RemovePermission,
    SetSMSAttributes,
    SetSubscriptionAttributes,
    SetTopicAttributes,
    Subscribe,
    TagResource,
    Unsubscribe,
    UntagResource,
    VerifySMSSandboxPhoneNumber,
  },
});
