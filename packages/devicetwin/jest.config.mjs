import { project } from '../../tools/build/jest.base.mjs';

export default project('devicetwin', import.meta.url);
