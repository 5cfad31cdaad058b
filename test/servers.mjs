// The servers, and the browser, that the integration tests run for real: where they are, and how a fresh machine gets
// them. The tests of what is not there are skipped.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

/** The package of Debian and Ubuntu that brings each of them, and the tests that need it. */
const PACKAGES = {
  redis: { apt: 'redis-server', tests: 'redis, queues' },
  postgres: { apt: 'postgresql', tests: 'postgres' },
  nginx: { apt: 'nginx-light', tests: 'nginx' },
  chromium: { apt: 'chromium', tests: 'browser' },
};

/**
 * Where the servers are on this machine; `undefined` stands for what is not there.
 *
 * @returns {{ redis: string | undefined, postgres: string | undefined, nginx: string | undefined, chromium: string |
 * undefined }} paths of programs; for `postgres` the folder that has `initdb` and `postgres`.
 */
export function findServers() {
  return {
    redis: program('redis-server'),
    postgres: postgresFolder(),
    nginx: program('nginx'),
    chromium: program('chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'),
  };
}

/**
 * Installs what is missing, if this is root on Debian or Ubuntu, and says so, a line for each package.
 *
 * @returns {string | undefined} what is still missing, in words.
 */
export function installServers() {
  const wanted = missing();
  if (wanted.length && process.getuid?.() === 0 && program('apt-get')) install(wanted);
  const left = missing();
  if (!left.length) return undefined;
  const what = left.map(({ apt, tests }) => `${apt} (tests: ${tests})`).join(', ');
  return `${what}. As root on Debian/Ubuntu: apt-get install -y ${left.map(({ apt }) => apt).join(' ')}`;
}

function missing() {
  const found = findServers();
  return Object.entries(PACKAGES).flatMap(([name, server]) => (found[name] ? [] : [server]));
}

/** @param {{ apt: string }[]} packages */
function install(packages) {
  withoutStarting(() => {
    const updated = apt('update');
    for (const { apt: name } of packages) {
      const installed = updated && apt('install', '-y', '--no-install-recommends', name);
      console.log(`servers: ${installed ? 'installed' : 'could not install'} ${name} (apt-get install ${name})`);
    }
  });
}

/** @param {string[]} args */
function apt(...args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const { status, stderr } = spawnSync('apt-get', ['-q', ...args], { env, encoding: 'utf8', timeout: 900_000 });
  if (status !== 0) console.error((stderr ?? '').trim());
  return status === 0;
}

/**
 * Packages of servers start them, if nothing forbids it. The tests start their own, on ports of their own.
 * Source: Debian, invoke-rc.d(8), `policy-rc.d`: exit status 101 forbids the action.
 *
 * @param {() => void} work
 */
function withoutStarting(work) {
  const policy = '/usr/sbin/policy-rc.d';
  const ours = !existsSync(policy);
  if (ours) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    work();
  } finally {
    if (ours) rmSync(policy);
  }
}

/** @param {string[]} names */
function program(...names) {
  // What is run as a service lies in sbin, which is not in everybody's PATH.
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(executable);
}

/** Debian keeps the programs of each version in a folder of its own, and links few of them into the PATH. */
function postgresFolder() {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const folders = versions.sort((a, b) => Number(b) - Number(a)).map((name) => `/usr/lib/postgresql/${name}/bin`);
  const inPath = program('postgres');
  if (inPath) folders.unshift(dirname(realpathSync(inPath)));
  return folders.find((folder) => ['initdb', 'postgres'].every((name) => executable(join(folder, name))));
}

/** @param {string} path */
function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
