import { describe } from '@jest/globals';
import { defineKillTests } from '../support/define-kill-tests.js';

describe('an agent on host processes', () => {
  defineKillTests('process');
});
