import { connect } from 'node:net';
import { createMessage, type Message } from '@edgecore/beehive';
import { eventually } from '@edgecore/testing';
import { TestNode } from './node.js';

export const URL_A = 'http://10.0.0.5:8080/api';
export const URL_B = 'http://10.0.0.6/b';
/** What an application posts. */
export const BODY = { method: 'POST', targetURL: URL_A, payload: { k: 1 } };

/** What the router says when a rule is made or deleted. */
export function control(operation: 'start' | 'stop', resource: string): Message {
  return createMessage({ source: 'router_servicebus', group: 'user', operation, resource });
}

/** A node that listens for applications. */
export async function nodeWith(
  options: Parameters<typeof TestNode.start>[0] = {},
  ...urls: string[]
): Promise<TestNode> {
  const node = await TestNode.start(options);
  for (const url of urls.length > 0 ? urls : [URL_A]) await node.down(control('start', url));
  await node.listening();
  return node;
}

export const uploads = (node: TestNode) => node.up.filter(({ operation }) => operation === 'upload');
export const gone = (node: TestNode) =>
  eventually(() => node.module.port === undefined, { what: 'no server' });

export function refusesConnections(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('error', () => resolve(true));
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
