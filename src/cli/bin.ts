#!/usr/bin/env node
// Needs node:process.
import process from 'node:process';
import manifest from '../../package.json' with { type: 'json' };
import { brokenOutput } from './broken-output.ts';
import { main } from './main.ts';
import { systemIo } from './system-io.ts';

/** What is left to exit with where all else went well. */
let owed = 0;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  const end = owed ? undefined : brokenOutput(process.argv[2], error);
  if (!end) return;
  owed = end.exit;
  process.stderr.write(end.says, () => end.atOnce && process.exit(end.exit));
});
// There is nowhere left to say it.
process.stderr.on('error', () => {});

/** The program: settles when it is done, and leaves its exit code to the process. */
export const bin: Promise<void> = main(process.argv.slice(2), systemIo(manifest.version)).then((code) => {
  process.exitCode = code || owed;
});
