/** Lets go of a body that nobody reads, which would keep its connection or its source. That it does so is not waited for. */
export function discard(holder: { readonly body: unknown } | undefined, reason?: unknown): void {
  // What is no web stream is not ours to end: fetch does not either.
  void (async () => (holder?.body as ReadableStream | null | undefined)?.cancel(reason))().catch(() => undefined);
}
