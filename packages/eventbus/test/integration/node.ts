/** EventBus with the embedded broker and no cloud, until it is killed. Prints its URL. */
import { writeSync } from 'node:fs';
import { MutableCloudLink, profileCurrent } from '@edgecore/api';
import { createBus } from '@edgecore/beehive';
import { EventBus } from '@edgecore/eventbus';
import { openStore } from '@edgecore/store';

const store = await openStore({ path: process.argv[2]! });
const link = new MutableCloudLink({ connected: false, profile: profileCurrent });
const bus = createBus();
bus.add(
  new EventBus({
    ...{ store, link, nodeName: 'edge1', mode: 'internal', qos: 1 },
    internalServer: 'tcp://127.0.0.1:0',
    onListening: ({ url }) => writeSync(1, `${url}\n`),
  }),
);
bus.start();
