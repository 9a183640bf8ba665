import { CloudSource, Group, OK } from '@edgecore/api';
import { parseStateReport, parseTwinReport } from '../devices/device-report.js';
import type { StoredObject } from '../objects/stored-object.js';
import { answer, type UpstreamCall, type UpstreamContext, type UpstreamHandler } from './upstream-call.js';

const SUFFIX = /^device\/(.+)\/(twin\/edge_updated|state\/update)$/;

/** U17: measured values. Stored before they are confirmed; one of an unknown device never is (devicetwin.md §8.4). */
export const reportTwins: UpstreamHandler = async (call, context) => {
  const device = deviceOf(call, context);
  const report = parseTwinReport(call.message.content);
  if (!device || !report) return;
  await context.devices.reportTwins(device, report);
  await confirm(call, context);
};

/** U18: a device's state (profile `current`; 2020's cloud drops it). */
export const reportState: UpstreamHandler = async (call, context) => {
  const device = deviceOf(call, context);
  const report = parseStateReport(call.message.content);
  if (!device || !report) return;
  await context.devices.reportState(device, report);
  await confirm(call, context);
};

function deviceOf({ node, message }: UpstreamCall, context: UpstreamContext): StoredObject | undefined {
  const { resource, content } = message;
  context.events.emit('deviceReport', { node, resource, content });
  const device = context.devices.find(SUFFIX.exec(resource)?.[1] ?? '', node);
  if (!device) context.logger.warn({ node, resource }, 'a report of a device that does not exist is dropped');
  return device;
}

async function confirm(call: UpstreamCall, { rules }: UpstreamContext): Promise<void> {
  if (!rules.profile.answersReports) return;
  const reply = { source: CloudSource.devicecontroller, group: Group.twin, resource: 'twin' };
  await call.send(answer(call, OK, reply));
}
