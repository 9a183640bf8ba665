import { project } from '../../tools/build/jest.base.mjs';

export default project('cli', import.meta.url);
