import { describeAclsApi } from '@millrace/kafka-protocol/messages';
import { failure } from '../error-code.ts';
import { handler } from '../handler.ts';

/** Authenticated clients may do everything: there are no ACLs to list. */
export const handleDescribeAcls = handler(describeAclsApi, () => ({
  ...failure('SECURITY_DISABLED', 'This log has no access rules: its token lets in.'),
  resources: [],
}));
