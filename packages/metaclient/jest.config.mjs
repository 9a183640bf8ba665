import { project } from '../../tools/build/jest.base.mjs';

export default project('metaclient', import.meta.url);
