// Needs node:fs, node:process.
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';

/**
 * Whether anybody of a process group still runs. Processes that have ended and that nobody has asked how do not: where
 * the first process of a container asks nobody, they stay for good.
 *
 * @param processes where Linux lists them.
 */
export function groupLeft(group: number, processes = '/proc'): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  const states = statesOf(group, processes);
  return !states.length || states.some((state) => !/[ZX]/.test(state));
}

/** The states of the processes of a group, as letters; none where they are not listed. */
function statesOf(group: number, processes: string): string[] {
  try {
    return readdirSync(processes).flatMap((pid) => (/^\d+$/.test(pid) ? stateOf(`${processes}/${pid}`, group) : []));
  } catch {
    return [];
  }
}

function stateOf(path: string, group: number): string[] {
  try {
    // Behind the name, which may hold anything: state, parent, group.
    const [state = '', , itsGroup] = readFileSync(`${path}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ');
    return Number(itsGroup) === group ? [state] : [];
  } catch {
    // It has gone in between.
    return [];
  }
}
