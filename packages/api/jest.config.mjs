import { project } from '../../tools/build/jest.base.mjs';

export default project('api', import.meta.url);
