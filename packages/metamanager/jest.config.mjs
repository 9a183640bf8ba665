import { project } from '../../tools/build/jest.base.mjs';

export default project('metamanager', import.meta.url);
