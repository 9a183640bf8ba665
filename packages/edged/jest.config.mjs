import { project } from '../../tools/build/jest.base.mjs';

export default project('edged', import.meta.url);
