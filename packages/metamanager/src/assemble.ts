import type { ModuleContext } from '@edgecore/beehive';
import { CloudMessages } from './cloud/cloud-messages.js';
import { ListMessages } from './cloud/list-messages.js';
import { VolumeCalls } from './cloud/volume-calls.js';
import { CloudAnswers } from './edge/cloud-answers.js';
import { EdgeRequests } from './edge/edge-requests.js';
import { Queries } from './edge/queries.js';
import { Lanes, TaskPool } from './lanes.js';
import { LossHint } from './loss-hint.js';
import type { ResolvedOptions } from './options.js';
import { Post } from './post.js';
import { PodReports } from './reports/pod-reports.js';
import { DurableWriter } from './rows/durable-writer.js';
import { ObjectRows } from './rows/object-rows.js';

/** The parts of one run of MetaManager. */
export interface Parts {
  readonly post: Post;
  readonly writer: DurableWriter;
  readonly lossHint: LossHint;
  readonly rows: ObjectRows;
  readonly reports: PodReports;
  readonly cloud: CloudMessages;
  readonly edge: EdgeRequests;
  /** Messages of the cloud being handled. */
  readonly inHand: TaskPool;
  /** Requests of the edge being handled. */
  readonly requests: TaskPool;
}

export function assemble(options: ResolvedOptions, ctx: ModuleContext): Parts {
  const { store, edged, maxValueBytes, now } = options;
  const { log } = ctx;
  const lanes = new Lanes();
  const lossHint = new LossHint(store, options.nodeName, log);
  const post = new Post(ctx, options);
  const writer = new DurableWriter(store, options.writeRetriesMs, ctx.signal, log);
  const rows = new ObjectRows({ store, writer, lanes, log, maxValueBytes });
  const answers = new CloudAnswers({ rows, post, log, lossHint });
  const reports = new PodReports({
    outbox: store.outbox,
    rows,
    writer,
    lanes,
    post,
    timeoutMs: options.remoteQueryTimeoutMs,
    acknowledge: (answer) => answers.acknowledge(answer),
  });
  const queries = new Queries({ rows, lanes, post, answers, timeoutMs: options.remoteQueryTimeoutMs, now });
  const volumes = new VolumeCalls(ctx, post, edged, options.volumeTimeoutMs);
  const lists = new ListMessages(rows, post);
  return {
    post,
    writer,
    lossHint,
    rows,
    reports,
    cloud: new CloudMessages({ rows, lanes, post, reports, lists, volumes, edged }),
    edge: new EdgeRequests({
      rows,
      lanes,
      post,
      reports,
      queries,
      answers,
      edged,
      askTimeoutMs: options.remoteQueryTimeoutMs,
      periodicTimeoutMs: options.nodeStatusTimeoutMs,
    }),
    inHand: new TaskPool(options.maxInHand),
    requests: new TaskPool(options.maxRemoteRequests),
  };
}
