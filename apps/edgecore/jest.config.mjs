import { project } from '../../tools/build/jest.base.mjs';

export default project('edgecore', import.meta.url);
