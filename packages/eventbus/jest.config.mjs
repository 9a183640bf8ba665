import { project } from '../../tools/build/jest.base.mjs';

export default project('eventbus', import.meta.url);
