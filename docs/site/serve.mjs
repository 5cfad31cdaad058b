// Shows the built site on a port of this machine alone: `npm run docs:serve`, or `npm run docs:serve -- 4000 [folder]`.
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize, resolve, sep } from 'node:path';
import { OUT } from './build/places.mjs';

const TYPES = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
]);

const out = resolve(process.argv[3] ?? OUT);
if (!existsSync(out)) {
  console.error('Cannot show the site: it is not built; npm run docs builds it');
  process.exit(1);
}
const port = Number(process.argv[2] ?? 8_484);
const server = createServer(({ url = '/', method }, response) => {
  const file = fileOf(url);
  if (!['GET', 'HEAD'].includes(method ?? '') || !file) {
    response.writeHead(404, { 'content-type': 'text/plain' }).end('No such page\n');
    return;
  }
  response.writeHead(200, { 'content-type': TYPES.get(extname(file)) ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
});
server.on('error', ({ message }) => {
  console.error(`Cannot show the site: ${message}`);
  process.exitCode = 1;
});
server.listen(port, '127.0.0.1', () => {
  const { port: taken } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`http://127.0.0.1:${taken}/`);
});

/**
 * The file behind an address; nothing outside of the site has one.
 *
 * @param {string} url
 */
function fileOf(url) {
  const path = decoded(url);
  if (path === undefined || path.includes('\0')) return undefined;
  const file = normalize(join(out, path.endsWith('/') ? `${path}index.html` : path));
  const inside = file.startsWith(`${out}${sep}`) && existsSync(file) && statSync(file).isFile();
  return inside ? file : undefined;
}

/** @param {string} url */
function decoded(url) {
  try {
    return decodeURIComponent(url.split(/[?#]/)[0] ?? '');
  } catch {
    return undefined;
  }
}
