/** Lets go of a response that nobody reads, which would keep its connection. That it does so is not waited for. */
export function discard(response: Response | undefined): void {
  void (async () => response?.body?.cancel())().catch(() => undefined);
}
