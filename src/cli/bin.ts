#!/usr/bin/env node
// Needs node:process.
import process from 'node:process';
import manifest from '../../package.json' with { type: 'json' };
import { brokenOutput } from './broken-output.ts';
import { main } from './main.ts';
import { systemIo } from './system-io.ts';

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const code = brokenOutput(process.argv[2], error.code);
  if (code !== undefined) process.exit(code);
});
// There is nowhere left to say it.
process.stderr.on('error', () => {});

/** The program: settles when it is done, and leaves its exit code to the process. */
export const bin: Promise<void> = main(process.argv.slice(2), systemIo(manifest.version)).then((code) => {
  process.exitCode = code;
});
