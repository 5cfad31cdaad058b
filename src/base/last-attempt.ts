import { Context, type CallContext, type Surrounding } from './context.ts';

/** Why there is nothing to try again: part of what came has been used already, or the work must not be done twice. */
export type LastAttempt = Parameters<Required<Surrounding>['last']>[1];

/** Tells the retries around an attempt that it is the last, however it ends. Those made elsewhere do not hear of it. */
export function lastAttempt(context: CallContext, why: LastAttempt): void {
  let place = Context.placeOf(context);
  while (place) {
    const { layers, slots, parent } = place;
    layers.forEach((layer, at) => layer.last?.(slots[at] as never, why));
    place = Context.placeOf(parent);
  }
}
