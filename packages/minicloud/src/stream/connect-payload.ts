import { htmlSafeJson } from '@edgecore/api';
import { TunnelFrameType } from '@edgecore/viaduct';

/** What a session asks the node's edged for. */
export interface SessionRequest {
  readonly kind: 'logs' | 'metrics' | 'exec' | 'attach';
  /** Decoded path at edged, such as `/containerLogs/default/web-1/web`. */
  readonly path: string;
  /** Encoded query without `?`; empty for none. */
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, readonly string[]>>;
  /** Of exec and attach; logs and metrics are always read with GET. */
  readonly method?: 'GET' | 'POST';
}

/** The frame type that opens a session of each kind. */
export const CONNECT_TYPE: Readonly<Record<SessionRequest['kind'], number>> = {
  logs: TunnelFrameType.logsConnect,
  metrics: TunnelFrameType.metricConnect,
  exec: TunnelFrameType.execConnect,
  attach: TunnelFrameType.attachConnect,
};

/** Edged's address on a node of upstream's; every cloud names this one (edgestream.md §4). */
const EDGED = '127.0.0.1:10350';

/** The data of a connect frame, byte for byte as a Go cloud writes it. */
export function connectPayload(id: bigint, request: SessionRequest): Buffer {
  const { path, rawQuery, method } = request;
  const url = {
    Scheme: 'http',
    Opaque: '',
    User: null,
    Host: EDGED,
    Path: path,
    RawPath: '',
    OmitHost: false,
    ForceQuery: false,
    RawQuery: rawQuery,
    Fragment: '',
    RawFragment: '',
  };
  const header = Object.fromEntries(
    Object.entries(request.headers).sort(([one], [other]) => (one < other ? -1 : 1)),
  );
  const isStream = request.kind === 'exec' || request.kind === 'attach';
  return Buffer.from(
    htmlSafeJson({ MessID: Number(id), url, header, ...(isStream ? { method: method ?? 'POST' } : {}) }),
  );
}
