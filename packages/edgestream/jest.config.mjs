import { project } from '../../tools/build/jest.base.mjs';

export default project('edgestream', import.meta.url);
