import { withMosquitto } from '@edgecore/testing';
import { describe } from '@jest/globals';
import { embedded, external } from '../support/set-ups.js';
import { brokerCompliance } from './broker-compliance.js';

describe('embedded', () => brokerCompliance((filters) => embedded({ filters })));
withMosquitto()('external', () => brokerCompliance((filters) => external({ filters })));
