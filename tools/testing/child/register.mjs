/** Lets a child process of a test run the workspace's TypeScript as it is: `node --import <this file> child.ts`. */
import { register } from 'node:module';

register('./hooks.mjs', import.meta.url);
