import { withMosquitto } from '@edgecore/testing';
import { describe } from '@jest/globals';
import { embedded, external } from '../support/set-ups.js';
import { brokerCompliance } from './broker-compliance.js';

// So long that a test would fail if anybody waited for it.
const drainTimeoutMs = 60_000;
describe('embedded', () => brokerCompliance((filters) => embedded({ filters, drainTimeoutMs })));
withMosquitto()('external', () => brokerCompliance((filters) => external({ filters })));
