import type { Random } from '../base/random.ts';
import { seededRandom } from '../base/seeded-random.ts';

/** Gives chance by name: the same seed and the same name, the same numbers, whatever else is drawn. */
export type RandomStreams = (name: string) => Random;

/**
 * The chance of a simulation: a stream for each name, so that another policy, or one more client, changes no arrival
 * of the others.
 *
 * @param seed an integer from 0 to 2³²−1.
 *
 * Source: G. Fowler, L. C. Noll, K.-P. Vo, FNV-1a in 32 bits, over the seed and the name; A. Appleby, MurmurHash3,
 * 2011, the finalizer.
 */
export function randomStreams(seed: number): RandomStreams {
  return (name) => {
    let hash = 0x811c9dc5 ^ seed;
    for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return seededRandom((hash ^ (hash >>> 16)) >>> 0);
  };
}
