import { project } from '../../tools/build/jest.base.mjs';

export default project('edgehub', import.meta.url);
