/**
 * holdfast for streams: limits on what a stream may keep its reader waiting, retries before the first event, policies
 * that hold until the last.
 *
 * @module
 */

export { guardStream, type GuardStreamOptions, type StreamLimits } from './guard-stream.ts';
export { guarded } from './guarded.ts';
export { retryStream, type OpenStream, type RetryStreamOptions, type StreamBreak } from './retry-stream.ts';
export { type StreamSource } from './stream-source.ts';
export { StreamIdleError, StreamIncompleteError, StreamInterruptedError } from '../base/errors.ts';
