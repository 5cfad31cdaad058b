// holdfast without something that its calls pay for. For Node 22.15 and later.

import { registerHooks } from 'node:module';
import { cut, hasParts } from './parts.mjs';

/**
 * Lets this process load holdfast without some of the parts.
 *
 * @param {readonly string[]} names
 */
export function leaveOut(names) {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!/\/dist\/[^/]+\.js$/.test(url)) return loaded;
      const source = String(loaded.source);
      return hasParts(source) ? { ...loaded, source: cut(source, names) } : loaded;
    },
  });
}
