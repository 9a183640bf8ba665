import { project } from '../../tools/build/jest.base.mjs';

export default project('grpc', import.meta.url);
