import { cut, type Call } from './call.ts';

/** Goes on with a call that a layer has kept; what that throws ends the call. */
export function goOn(call: Call, next: () => void): void {
  try {
    next();
  } catch (error) {
    cut(call, -1, error);
  }
}
