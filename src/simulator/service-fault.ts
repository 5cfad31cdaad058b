/** What a simulated service answers when it does not do what it was asked for. */
export type ServiceFaultCode = 'refused' | 'overloaded' | 'rate-limited' | 'failed';

/** Errors are made by the million here: without their stacks, which nobody reads. */
function quiet<T>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Reflect.set(Error, 'stackTraceLimit', 0);
  const made = make();
  Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
  return made;
}

const SAYS: { readonly [Code in ServiceFaultCode]: readonly [status: number | undefined, says: string] } = {
  refused: [undefined, 'refused the connection'],
  overloaded: [503, 'has too many requests in line'],
  'rate-limited': [429, 'allows no more requests now'],
  failed: [500, 'failed'],
};

/** The error of a request to a simulated service, as a client would see it. */
export class ServiceFault extends Error {
  override get name(): 'ServiceFault' {
    return 'ServiceFault';
  }
  /** What happened. */
  readonly code: ServiceFaultCode;
  /** The HTTP status; `undefined` where there was no answer. */
  readonly status: number | undefined;
  /** Ms after which the service wants to be asked again, where it says so. */
  readonly retryAfter: number | undefined;

  constructor(service: string, code: ServiceFaultCode, retryAfter?: number) {
    const [status, says] = SAYS[code];
    super(`${service} ${says}`);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Makes a `ServiceFault` without a stack. */
export function serviceFault(service: string, code: ServiceFaultCode, retryAfter?: number): ServiceFault {
  return quiet(() => new ServiceFault(service, code, retryAfter));
}
