#!/usr/bin/env node
// Needs node:process.
import process from 'node:process';
import manifest from '../../package.json' with { type: 'json' };
import { main } from './main.ts';
import { systemIo } from './system-io.ts';

// A reader that stops reading, such as `holdfast schedule | head`, is no failure.
process.stdout.on('error', () => process.exit());

/** The program: settles when it is done, and leaves its exit code to the process. */
export const bin: Promise<void> = main(process.argv.slice(2), systemIo(manifest.version)).then((code) => {
  process.exitCode = code;
});
