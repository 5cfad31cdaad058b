import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { groupLeft } from '../../src/cli/group-left.ts';

const left: ChildProcess[] = [];
afterEach(() => {
  for (const child of left.splice(0)) child.kill('SIGKILL');
});

/** A process that starts another one, in a group of its own, and says which. */
async function parent(): Promise<{ readonly parent: ChildProcess; readonly group: number }> {
  const script = `
    const { spawn } = require('node:child_process');
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
    console.log(child.pid);
    child.on('exit', () => process.exit());`;
  const started = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  left.push(started);
  const [text] = (await once(started.stdout, 'data')) as [Buffer];
  return { parent: started, group: Number(text) };
}

describe('groupLeft()', () => {
  it('says whether anybody of a process group is there', async () => {
    const { parent: started, group } = await parent();

    const before = groupLeft(group);
    process.kill(-group, 'SIGKILL');
    await once(started, 'exit');

    expect([before, groupLeft(group)]).toEqual([true, false]);
  });

  // Elsewhere the system says by itself that they are no more.
  it.runIf(process.platform === 'linux')('does not count those that have ended and that nobody has asked', async () => {
    const { parent: started, group } = await parent();

    started.kill('SIGSTOP');
    process.kill(-group, 'SIGKILL');

    await vi.waitFor(() => expect(groupLeft(group)).toBe(false), 60_000);
    expect(process.kill(-group, 0)).toBe(true);
  });

  describe('given a list of processes', () => {
    let group: number;
    let folder: string;
    const list = (pid: string, stat: string): void => {
      mkdirSync(join(folder, pid));
      writeFileSync(join(folder, pid, 'stat'), stat);
    };
    beforeEach(async () => {
      ({ group } = await parent());
      folder = mkdtempSync(join(tmpdir(), 'holdfast-'));
    });
    afterEach(() => {
      process.kill(-group, 'SIGKILL');
      rmSync(folder, { recursive: true });
    });

    it.each([
      ['S', true],
      ['D', true],
      ['T', true],
      ['Z', false],
      ['X', false],
    ])('looks for its own, whatever they are called, and takes the state %s for one that runs: %s', (state, runs) => {
      list('7', `7 (sh) ${state} 1 ${group} ${group} 0`);
      list('8', `8 (a) S 1 ${group} ) Z 1 ${group} ${group} 0`);
      list('9', `9 (sh) S ${group} 1 ${group} 0`);
      mkdirSync(join(folder, 'net'));

      expect(groupLeft(group, folder)).toBe(runs);
    });

    it('believes the kernel where it is not on the list, or nothing is listed', () => {
      mkdirSync(join(folder, '7'));

      expect([groupLeft(group, folder), groupLeft(group, join(folder, 'none'))]).toEqual([true, true]);
    });
  });
});
