import { randomUUID } from 'node:crypto';
import type { EdgeCoreError } from '@edgecore/api';
import type { MqttClient } from 'mqtt';
import { type Answer, deltaOf, parseAnswer, unfulfilled } from './answers.js';
import { MapperConnectionError, MapperRefusedError, MapperValueError } from './errors.js';
import { ReadLoop } from './read-loop.js';
import { ReportQueue } from './report-queue.js';
import { type DeviceTopics, deviceTopics } from './topics.js';
import type { Mapper, MapperOptions, Properties, Values } from './types.js';
import { checkProperties, formatValue } from './values.js';
import { WriteLoop } from './write-loop.js';

const STATES = { online: 'online', offline: 'offline' };
/** At the end, for what is not reported yet. */
const STOP_TIMEOUT_MS = 2000;
const MAX_ANSWER_TIMEOUT_MS = 60_000;

/** What {@link createMapper} makes. */
export class MqttMapper<P extends Properties> implements Mapper<P> {
  readonly #options: MapperOptions<P>;
  readonly #topics: DeviceTopics;
  readonly #queue = new ReportQueue(randomUUID);
  readonly #reads: ReadLoop | undefined;
  readonly #writes: WriteLoop;
  readonly #retryMs: number;
  #client: MqttClient | undefined;
  #answerTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #answerTimeoutMs: number;
  /** Told already: a refusal is one error, not one per try. */
  readonly #refusals = new Map<string, number>();
  #subscribed = false;
  #stopping: Promise<void> | undefined;
  readonly #aborted = () => void this.stop();
  /** Called when nothing is left to report. */
  #drained: (() => void) | undefined;

  constructor(options: MapperOptions<P>) {
    checkProperties(options.properties);
    this.#topics = deviceTopics(options.deviceId);
    this.#options = options;
    this.#retryMs = options.retryMs ?? 5000;
    this.#answerTimeoutMs = options.answerTimeoutMs ?? 10_000;
    const onError = (error: EdgeCoreError) => this.#complain(error);
    const { read, write, properties, intervalMs = 10_000 } = options;
    const report = (values: Values<P>) => this.report(values);
    this.#reads = read && new ReadLoop({ read, report, intervalMs, onError });
    this.#writes = new WriteLoop({
      properties,
      write: write && ((changes) => write(changes as Values<P>)),
      onError,
      written: () => this.#reads?.now(),
    });
  }

  async start(): Promise<void> {
    const { broker, signal, connection } = this.#options;
    if (this.#client || this.#stopping || signal?.aborted) return;
    // Only here: who uses the rest of the package does not load it. Its default alone: in a bundle a
    // CommonJS package loaded like this has no other export.
    const { default: mqtt } = await import('mqtt');
    if (this.#client || this.#stopping) return;
    const states = this.#states();
    const client = mqtt.connect(broker, {
      ...connection,
      reconnectPeriod: this.#retryMs,
      resubscribe: false,
      ...(states && {
        will: {
          topic: this.#topics.state,
          payload: Buffer.from(stateText(states.offline)),
          qos: 1,
          retain: false,
        },
      }),
    });
    this.#client = client;
    signal?.addEventListener('abort', this.#aborted);
    client.on('message', (topic, payload) => this.#receive(topic, payload));
    client.on('error', (error) => this.#complain(new MapperConnectionError(broker, error)));
    client.on('close', () => this.#disconnected());
    this.#reads?.now();
    await new Promise<void>((resolve) => {
      client.on('connect', () => void this.#connected(client).then(resolve));
      client.once('end', resolve);
    });
  }

  report(values: Values<P>): void {
    if (this.#stopping) return;
    const texts: Record<string, string> = {};
    for (const [name, value] of Object.entries(values ?? {})) {
      if (value === undefined) continue;
      const property = Object.hasOwn(this.#options.properties, name) && this.#options.properties[name];
      if (!property) throw new MapperValueError(name, value, 'the mapper has no such property');
      texts[name] = formatValue(name, property.type, value);
    }
    this.#queue.add(texts);
    this.#flush();
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#options.signal?.removeEventListener('abort', this.#aborted);
    this.#reads?.stop();
    const client = this.#client;
    if (client && this.#subscribed) {
      const states = this.#states();
      await withinMs(STOP_TIMEOUT_MS, async () => {
        if (!this.#queue.empty) {
          await new Promise<void>((resolve) => {
            this.#drained = resolve;
          });
        }
        if (states) await client.publishAsync(this.#topics.state, stateText(states.offline), { qos: 1 });
      });
    }
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#retryTimer);
    await client?.endAsync(!client.connected);
  }

  async #connected(client: MqttClient): Promise<void> {
    const { updateResult, delta, getResult, stateResult } = this.#topics;
    try {
      await client.subscribeAsync([updateResult, delta, getResult, stateResult], { qos: 1 });
      this.#subscribed = true;
      this.#introduce();
    } catch (error) {
      if (client.connected) this.#complain(new MapperConnectionError(this.#options.broker, error));
    }
  }

  #disconnected(): void {
    this.#subscribed = false;
    clearTimeout(this.#answerTimer);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#queue.failed();
  }

  /** What the agent must hear, and tell, after each connect and while it does not know the device. */
  #introduce(): void {
    const states = this.#states();
    if (states) this.#publish(this.#topics.state, stateText(states.online));
    this.#publish(this.#topics.get, text({ event_id: randomUUID(), timestamp: Date.now() }));
    this.#flush();
  }

  #flush(): void {
    if (this.#queue.empty) this.#drained?.();
    if (!this.#subscribed || this.#retryTimer) return;
    const batch = this.#queue.next();
    if (!batch) return;
    const twin = Object.fromEntries(
      Object.entries(batch.values).map(([name, value]) => [
        name,
        { actual: { value }, metadata: { type: this.#options.properties[name]!.type } },
      ]),
    );
    this.#publish(this.#topics.update, text({ event_id: batch.eventId, timestamp: Date.now(), twin }));
    this.#answerTimer = setTimeout(() => {
      this.#answerTimeoutMs = Math.min(2 * this.#answerTimeoutMs, MAX_ANSWER_TIMEOUT_MS);
      this.#queue.failed();
      this.#flush();
    }, this.#answerTimeoutMs);
  }

  #receive(topic: string, payload: Buffer): void {
    const answer = parseAnswer(payload);
    if (!answer) return;
    const { updateResult, delta, getResult, stateResult } = this.#topics;
    if (topic === delta) this.#writes.want(deltaOf(answer));
    else if (topic === updateResult) this.#reported(answer);
    else if (topic === stateResult) this.#checkRefusal(answer, topic, []);
    else if (topic === getResult && this.#checkRefusal(answer, topic, [])) {
      this.#writes.want(unfulfilled(answer));
    }
  }

  /** Others may report for the same device: only the answer to our batch counts. */
  #reported(answer: Answer): void {
    const batch = this.#queue.sent;
    if (!batch || answer.eventId !== batch.eventId) return;
    clearTimeout(this.#answerTimer);
    this.#answerTimeoutMs = this.#options.answerTimeoutMs ?? 10_000;
    if (answer.code === 400) {
      const properties = this.#queue.refused();
      if (properties.length > 0) this.#complain(this.#refused(answer, properties));
    } else if (this.#checkRefusal(answer, this.#topics.updateResult, Object.keys(batch.values))) {
      this.#queue.confirmed();
    } else {
      this.#queue.failed();
    }
    this.#flush();
  }

  /** True when it was taken. Otherwise it is said once, and tried again after a while. */
  #checkRefusal(answer: Answer, topic: string, properties: readonly string[]): boolean {
    if (answer.code === undefined) {
      this.#refusals.delete(topic);
      return true;
    }
    if (this.#refusals.get(topic) !== answer.code) this.#complain(this.#refused(answer, properties));
    this.#refusals.set(topic, answer.code);
    if (answer.code !== 400 && !this.#stopping) {
      this.#retryTimer ??= setTimeout(() => {
        this.#retryTimer = undefined;
        this.#introduce();
      }, this.#retryMs);
    }
    return false;
  }

  #refused({ code, reason }: Answer, properties: readonly string[]): MapperRefusedError {
    return new MapperRefusedError(code ?? 0, this.#options.deviceId, properties, reason);
  }

  #publish(topic: string, payload: string): void {
    // A connection that is lost meanwhile says so itself, and everything is sent anew.
    this.#client?.publish(topic, payload, { qos: 1 }, () => {});
  }

  #states() {
    return this.#options.state === false ? undefined : (this.#options.state ?? STATES);
  }

  #complain(error: EdgeCoreError): void {
    if (this.#options.onError) this.#options.onError(error);
    else process.emitWarning(error);
  }
}

const text = (body: object) => JSON.stringify(body);
const stateText = (state: string) => text({ event_id: randomUUID(), timestamp: Date.now(), state });

/** Goes on after the time is up, or when the work fails. */
async function withinMs(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([work().catch(() => {}), timeout]);
  clearTimeout(timer);
}
