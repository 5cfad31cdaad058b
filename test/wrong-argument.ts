/** The error that holdfast throws for a wrong argument: class, whole message and code. */
export function wrongArgument(Class: ErrorConstructor, message: string): Error {
  return Object.assign(new Class(message), { code: 'ERR_INVALID_ARGUMENT' });
}
