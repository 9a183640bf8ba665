import { project } from '../../tools/build/jest.base.mjs';

export default project('minicloud', import.meta.url);
