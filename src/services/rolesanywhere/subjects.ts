/** Subjects: who has been here with a certificate, by the name in it. */
import type { Operation, Present } from '../../core/operation.ts';
import { byId, pageOf } from './resources.ts';
import { arnOf, type Subject, subjects } from './rows.ts';
import type * as t from './types.ts';

const summaryOf = (subject: Subject): t.SubjectSummary => ({
  subjectArn: arnOf('subject', subject),
  subjectId: subject.id,
  enabled: subject.enabled,
  x509Subject: subject.x509Subject,
  lastSeenAt: new Date(subject.lastSeen),
  createdAt: new Date(subject.created),
  updatedAt: new Date(subject.updated),
});

const detailOf = (subject: Subject): t.SubjectDetail => ({
  ...summaryOf(subject),
  credentials: subject.credentials.map(({ seenAt, serialNumber, issuer, certificate, failed }) => ({
    seenAt: new Date(seenAt),
    serialNumber,
    issuer,
    enabled: true,
    x509CertificateData: certificate,
    failed,
  })),
  instanceProperties: subject.instances.map(({ seenAt, properties, failed }) => ({
    seenAt: new Date(seenAt),
    properties: { ...properties },
    failed,
  })),
});

export const { Get: GetSubject } = byId({
  kind: 'subject',
  table: subjects,
  idOf: ({ subjectId }: Present<t.ScalarSubjectRequest>) => subjectId,
  answer: (subject): t.SubjectDetailResponse => ({ subject: detailOf(subject) }),
});

export const ListSubjects: Operation<t.ListRequest, t.ListSubjectsResponse> = {
  access: () => ({ resource: '*' }),
  async run(input, ctx) {
    const { rows, page } = await pageOf(ctx, subjects, input);
    return { subjects: rows.map(summaryOf), ...page };
  },
};
