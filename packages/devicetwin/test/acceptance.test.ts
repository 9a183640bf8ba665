import { acceptanceCases } from './acceptance-cases.js';
import { startRig } from './support.js';

acceptanceCases(startRig);
