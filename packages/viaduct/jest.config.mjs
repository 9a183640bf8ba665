import { project } from '../../tools/build/jest.base.mjs';

export default project('viaduct', import.meta.url);
