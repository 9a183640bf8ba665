import { project } from '../build/jest.base.mjs';

export default project('e2e', import.meta.url);
