import { project } from '../../tools/build/jest.base.mjs';

export default project('container-runtime', import.meta.url);
