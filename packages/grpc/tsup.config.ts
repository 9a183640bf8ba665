import { library } from '../../tools/build/tsup.base';

export default library();
