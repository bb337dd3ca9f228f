// What a service under test and its test say to each other: a line of JSON each.

import { createInterface } from 'node:readline/promises';

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

export async function heard() {
  return JSON.parse((await lines.next()).value);
}

export function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}
