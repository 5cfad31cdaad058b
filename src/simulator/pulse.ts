/** What tells the driver of a simulation whether promises may be on their way. */
export interface Pulse {
  /** Set by whatever may set promises going: an answer, a timer of a policy, a call that was not sent at once. */
  stirred: boolean;
  /** Counts whatever policies do: read the time, draw, set a timer, send a request, settle a call. */
  beats: number;
}

/** A pulse that nothing has moved yet. */
export function pulse(): Pulse {
  return { stirred: false, beats: 0 };
}
