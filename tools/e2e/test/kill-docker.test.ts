import { ensureTestImages, withDocker } from '@edgecore/testing';
import { beforeAll } from '@jest/globals';
import { defineKillTests } from '../support/define-kill-tests.js';

const describeDocker = await withDocker();

describeDocker('an agent on Docker', () => {
  beforeAll(ensureTestImages);
  defineKillTests('docker');
});
