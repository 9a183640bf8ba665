import { answerError, cloudProfiles, parseResource } from '@edgecore/api';

const { namespace, type, name } = parseResource('default/pod/web-1');
console.log(namespace, type, name);

const pod = {
  source: 'edgecontroller',
  group: 'resource',
  operation: 'insert',
  resource: 'default/pod/web-1',
  content: { metadata: { name: 'web-1' } },
};
console.log('acknowledge:', cloudProfiles['2020'].needsAck(pod));

const answer = { ErrStatus: { reason: 'NotFound', code: 404, message: 'configmaps "cm" not found' } };
console.log(answerError(answer)?.message);
