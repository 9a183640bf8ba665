import { project } from '../../tools/build/jest.base.mjs';

export default project('store', import.meta.url);
