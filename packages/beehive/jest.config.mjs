import { project } from '../../tools/build/jest.base.mjs';

export default project('beehive', import.meta.url);
