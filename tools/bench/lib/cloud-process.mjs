// A minicloud in a process of its own, told what to do over IPC. It keeps the
// times itself: what the cloud sees, when the cloud sees it.
import { startMinicloud } from '@edgecore/minicloud';

const cloud = await startMinicloud(JSON.parse(process.argv[2]));
const appliedAt = new Map();

const isReady = ({ status }) =>
  status?.phase === 'Running' &&
  (status.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');

cloud.on('nodeReady', ({ node }) => process.send({ type: 'nodeReady', node: node.metadata.name }));
cloud.on('podStatus', ({ pod }) => {
  const { name } = pod.metadata;
  const started = appliedAt.get(name);
  if (started === undefined || !isReady(pod)) return;
  appliedAt.delete(name);
  process.send({ type: 'podReady', name, afterMs: performance.now() - started });
});
cloud.on('podDeleted', ({ pod }) => process.send({ type: 'podDeleted', name: pod.metadata.name }));

process.on('message', async ({ do: action, pods, names, graceSeconds, objects }) => {
  try {
    if (action === 'apply') {
      for (const pod of pods) appliedAt.set(pod.metadata.name, performance.now());
      await Promise.all(pods.map((pod) => cloud.apply(pod)));
    } else if (action === 'delete') {
      await Promise.all(names.map((name) => cloud.delete('Pod', 'default', name, { graceSeconds })));
    } else if (action === 'devices') {
      for (const object of objects) await cloud.apply(object);
      process.send({ type: 'devicesApplied' });
    } else if (action === 'close') {
      await cloud.close();
      process.disconnect();
    }
  } catch (error) {
    process.send({ type: 'failed', reason: String(error) });
  }
});
process.once('disconnect', () => process.exit());

const { hubPort, httpsPort, token } = cloud;
process.send({ type: 'started', hubPort, httpsPort, token });
