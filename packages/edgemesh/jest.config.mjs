import { project } from '../../tools/build/jest.base.mjs';

export default project('edgemesh', import.meta.url);
