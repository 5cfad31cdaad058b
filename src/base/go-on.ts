import { cut, type Call } from './call.ts';

/** Goes on with a call that layer `at` has kept; what that throws ends the call. */
export function goOn(call: Call, at: number, next: (call: Call, at: number) => void): void {
  try {
    next(call, at);
  } catch (error) {
    cut(call, -1, error);
  }
}
