import type { Message } from '@edgecore/beehive';
import { ServiceGateway } from '@edgecore/servicebus';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readUploadRequest } from '../src/uploads/upload-request.js';
import { call, read } from './support/requests.js';

const port = fc.oneof(fc.string(), fc.integer({ min: -10, max: 70_000 }).map(String), fc.constant('80'));
const path = fc.oneof(fc.string(), fc.webPath(), fc.webUrl());
const content = fc.oneof(
  fc.anything(),
  fc.json(),
  fc.uint8Array(),
  fc.record(
    {
      header: fc.oneof(fc.dictionary(fc.string(), fc.array(fc.string())), fc.anything()),
      body: fc.oneof(fc.base64String(), fc.anything()),
      method: fc.oneof(fc.constantFrom('GET', 'POST', 'delete', 'CONNECT'), fc.anything()),
    },
    { requiredKeys: [] },
  ),
);

test('whatever comes, there is one answer, and it is a refusal when no service may be called', async () => {
  const gateway = new ServiceGateway({ allowPorts: [] });
  await fc.assert(
    fc.asyncProperty(port, path, content, fc.string(), async (digits, rest, given, operation) => {
      const request = call(`${digits}:${rest}`, given, { operation });
      const answer: Message = await gateway.answer(request);
      expect(answer).toMatchObject({ parentId: request.id, operation: 'upload', source: 'servicebus' });
      expect([400, 403, 413, 414, 431]).toContain(read(answer).status);
    }),
    { numRuns: 2000 },
  );
  await gateway.close();
});

test('whatever an application sends, it is read or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.json(), fc.string(), fc.constant('{"targetURL":"x"}')), (text) => {
      const request = readUploadRequest(Buffer.from(text));
      if (request) expect(typeof request.targetUrl).toBe('string');
    }),
    { numRuns: 1000 },
  );
});
