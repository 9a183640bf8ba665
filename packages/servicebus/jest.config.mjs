import { project } from '../../tools/build/jest.base.mjs';

export default project('servicebus', import.meta.url);
